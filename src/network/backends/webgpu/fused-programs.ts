import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';

/** What a program computes at each place of some maps, whose last axis are the columns. */
export interface Formula {
  /** A WGSL expression of the names below. */
  readonly value: string;
  /** Names of tensors of one shape. */
  readonly maps: readonly string[];
  /** Names of tensors with one number for each column. */
  readonly vectors: readonly string[];
  /** Names of numbers. */
  readonly numbers: readonly string[];
}

/** Rows that one thread sums. */
const ROWS = 256;
const THREADS = 64;

/** The value at each place. */
export function elementwiseProgram(formula: Formula, shape: readonly number[]): WebGPUProgram {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    ...common(formula),
    outputShape: [...shape],
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(size / THREADS), 1, 1],
    size: true,
    shaderKey: `elementwise_${keyOf(formula)}`,
    getUserCode: () => `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  let column = index % uniforms.columns;
  ${declare(formula.vectors, 'column')}
  ${declare(formula.maps, 'index')}
  ${numbersOf(formula)}
  result[index] = ${formula.value};
}`,
  };
}

/** Sums of the values of each column, in parts: [parts, columns]. */
export function columnSumsProgram(formula: Formula, rows: number, columns: number): WebGPUProgram {
  const parts = Math.ceil(rows / ROWS);
  return {
    ...common(formula),
    outputShape: [parts, columns],
    workgroupSize: [THREADS, 1, 1],
    dispatchLayout: { x: [1], y: [0] },
    dispatch: [Math.ceil(columns / THREADS), parts, 1],
    shaderKey: `columnSums_${keyOf(formula)}`,
    getUserCode: () => `
fn main() {
  let column = i32(globalId.x);
  let part = i32(globalId.y);
  if (column >= uniforms.columns || part >= uniforms.outShape[0]) { return; }
  ${declare(formula.vectors, 'column')}
  ${numbersOf(formula)}
  let last = min((part + 1) * ${ROWS}, uniforms.rows);
  var sum = 0.0;
  for (var row = part * ${ROWS}; row < last; row++) {
    let index = row * uniforms.columns + column;
    ${declare(formula.maps, 'index')}
    sum += ${formula.value};
  }
  result[part * uniforms.columns + column] = sum;
}`,
  };
}

function common({ maps, vectors, numbers }: Formula) {
  return {
    variableNames: [...maps, ...vectors].map(bufferOf),
    uniforms: ['rows : i32,', 'columns : i32,', ...numbers.map((name) => `${name} : f32,`)].join(
      ' ',
    ),
  };
}

function keyOf({ value, maps, vectors, numbers }: Formula): string {
  return [value, maps, vectors, numbers].join('_');
}

function declare(names: readonly string[], place: string): string {
  return names.map((name) => `let ${name} = ${bufferOf(name)}[${place}];`).join('\n');
}

function numbersOf({ numbers }: Formula): string {
  return numbers.map((name) => `let ${name} = uniforms.${name};`).join('\n');
}

function bufferOf(name: string): string {
  return `${name}Values`;
}
