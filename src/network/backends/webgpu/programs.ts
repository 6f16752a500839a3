import type { WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';

export type Shape4D = readonly [number, number, number, number];

/** WGSL programs for the webgpu backend. */

/** Output channels of one thread, the lanes of a vec4. */
const CHANNELS = 4;
/** Neighbouring columns of one thread of a convolution. */
const COLUMNS = 4;
/** Input channels of one thread of a filter's gradient. */
const INPUTS = 2;

/**
 * A valid convolution of stride 1 of each of G groups of channels with its own filters:
 * x [B, h, w, G·in], W [kh, kw, in, G·out] -> [B, h-kh+1, w-kw+1, G·out]. `turned`: its transpose,
 * the gradient for its input; x is then the gradient for its output, [B, h, w, G·out]
 * -> [B, h+kh-1, w+kw-1, G·in].
 *
 * A thread keeps its sums in registers and reads through the cache, without shared memory; each
 * number of x that it reads serves all columns of the filter.
 */
export function convolutionProgram(
  x: Shape4D,
  filter: Shape4D,
  groups: number,
  turned: boolean,
): WebGPUProgram {
  const [batch, height, width] = x;
  const [rows, columns] = filter;
  const [above, left] = turned ? [rows - 1, columns - 1] : [0, 0];
  const outHeight = height - rows + 1 + 2 * above;
  const outWidth = width - columns + 1 + 2 * left;
  const outputs = turned ? filter[2] : filter[3] / groups; // of one group
  const read = COLUMNS + columns - 1;
  // where the weights of the output channels from o on are, and how far apart
  const weight = (kx: number) =>
    turned
      ? `(((${rows - 1} - ky) * ${columns} + ${columns - 1 - kx}) * outputs + o) * uniforms.wShape[3] + own + c`
      : `((ky * ${columns} + ${kx}) * channels + c) * uniforms.wShape[3] + group * outputs + o`;
  const apart = turned ? 'uniforms.wShape[3]' : '1';
  const code = `
fn main() {
  let outputs = uniforms.outShape[3] / uniforms.groups;
  let channels = uniforms.xShape[3] / uniforms.groups;
  let blocks = (uniforms.outShape[2] + ${COLUMNS - 1}) / ${COLUMNS};
  ${OWN_OUTPUTS}
  let own = group * channels;
  let row = i32(globalId.y) / blocks;
  let column = i32(globalId.y) % blocks * ${COLUMNS};
  let image = i32(globalId.z);
  if (group >= uniforms.groups || row >= uniforms.outShape[1]) { return; }
  ${each(read, (i) => `let left${i} = column + ${i - left};`)}
  ${each(read, (i) => `let inside${i} = left${i} >= 0 && left${i} < uniforms.xShape[2];`)}
  ${each(COLUMNS, (i) => `var sum${i} = vec4<f32>(0.0);`)}
  for (var ky = 0; ky < ${rows}; ky++) {
    let y = row + ky - ${above};
    if (y < 0 || y >= uniforms.xShape[1]) { continue; }
    let line = (image * uniforms.xShape[1] + y) * uniforms.xShape[2];
    for (var c = 0; c < channels; c++) {
      ${each(read, (i) => `let x${i} = select(0.0, x[(line + left${i}) * uniforms.xShape[3] + own + c], inside${i});`)}
      ${each(columns, (kx) => `let at${kx} = ${weight(kx)};`)}
      ${each(columns, (kx) => `let w${kx} = ${vector((lane) => `W[at${kx} + ${lane} * ${apart}]`)};`)}
      ${each(columns, (kx) => each(COLUMNS, (i) => `sum${i} += x${i + kx} * w${kx};`))}
    }
  }
  let first = (image * uniforms.outShape[1] + row) * uniforms.outShape[2] + column;
  ${each(
    COLUMNS,
    (i) => `
  if (column + ${i} < uniforms.outShape[2]) {
    let to = (first + ${i}) * uniforms.outShape[3] + group * outputs + o;
    ${store(`sum${i}`)}
  }`,
  )}
}`;
  return {
    variableNames: ['x', 'W'],
    uniforms: 'groups : i32,',
    outputShape: [batch, outHeight, outWidth, groups * outputs],
    ...grid(groups, outputs, outHeight * Math.ceil(outWidth / COLUMNS), batch),
    shaderKey: `convolution_${rows}_${columns}_${turned}`,
    getUserCode: () => code,
  };
}

/**
 * The gradient for the filters of such a convolution, image by image: x [B, h, w, G·in],
 * dy [B, h-kh+1, w-kw+1, G·out] -> [B, kh·kw, in, G·out].
 *
 * A thread walks along the rows of an image and keeps the columns of x that the filter covers, and
 * its sums, in registers.
 */
export function filterGradientProgram(x: Shape4D, dy: Shape4D, groups: number): WebGPUProgram {
  const [batch, height, width] = x;
  const [rows, columns] = [height - dy[1] + 1, width - dy[2] + 1];
  const [channels, outputs] = [x[3] / groups, dy[3] / groups]; // of one group
  const inputs = Math.min(INPUTS, channels);
  const covered = columns * inputs;
  const kept = covered - inputs;
  const place = (i: number) => ({ kx: Math.floor(i / inputs), input: i % inputs });
  const read = (i: number) => `x[at + ${place(i).kx} * uniforms.xShape[3] + ${place(i).input}]`;
  const code = `
fn main() {
  let outputs = uniforms.outShape[3] / uniforms.groups;
  let channels = uniforms.outShape[2];
  let blocks = (channels + ${inputs - 1}) / ${inputs};
  ${OWN_OUTPUTS}
  let ky = i32(globalId.y) / blocks;
  let c = i32(globalId.y) % blocks * ${inputs};
  let image = i32(globalId.z);
  if (group >= uniforms.groups || ky >= ${rows}) { return; }
  ${each(covered, (i) => `var x${i} = 0.0;`)}
  ${each(covered, (i) => `var sum${i} = vec4<f32>(0.0);`)}
  for (var row = 0; row < uniforms.dyShape[1]; row++) {
    let line = (image * uniforms.xShape[1] + row + ky) * uniforms.xShape[2];
    let made = (image * uniforms.dyShape[1] + row) * uniforms.dyShape[2];
    var at = line * uniforms.xShape[3] + group * channels + c;
    var below = made * uniforms.dyShape[3] + group * outputs + o;
    ${each(kept, (i) => `x${i + inputs} = ${read(i)};`)}
    for (var column = 0; column < uniforms.dyShape[2]; column++) {
      let slope = ${vector((lane) => `dy[below + ${lane}]`)};
      ${each(kept, (i) => `x${i} = x${i + inputs};`)}
      ${each(inputs, (i) => `x${kept + i} = ${read(kept + i)};`)}
      ${each(covered, (i) => `sum${i} += x${i} * slope;`)}
      at += uniforms.xShape[3];
      below += uniforms.dyShape[3];
    }
  }
  let first = (image * ${rows} + ky) * ${columns} * channels + c;
  ${each(
    covered,
    (i) => `
  if (c + ${place(i).input} < channels) {
    let made = first + ${place(i).kx} * channels + ${place(i).input};
    let to = made * uniforms.outShape[3] + group * outputs + o;
    ${store(`sum${i}`)}
  }`,
  )}
}`;
  return {
    variableNames: ['x', 'dy'],
    uniforms: 'groups : i32,',
    outputShape: [batch, rows * columns, channels, dy[3]],
    ...grid(groups, outputs, rows * Math.ceil(channels / inputs), batch),
    shaderKey: `filterGradient_${rows}_${columns}_${inputs}`,
    getUserCode: () => code,
  };
}

/** The sum over the first axis: [parts, ...shape] -> shape */
export function sumOfPartsProgram(shape: readonly number[]): WebGPUProgram {
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    variableNames: ['parts'],
    outputShape: [...shape],
    workgroupSize: [64, 1, 1],
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(size / 64), 1, 1],
    size: true,
    shaderKey: 'sumOfParts',
    getUserCode: () => `
fn main(index : i32) {
  if (index >= uniforms.size) { return; }
  var sum = 0.0;
  for (var part = 0; part < uniforms.partsShape[0]; part++) {
    sum += parts[part * uniforms.size + index];
  }
  result[index] = sum;
}`,
  };
}

/**
 * The gradient of a 2x2 max pool of stride 2 without padding: x [B, h, w, C],
 * dy [B, h/2, w/2, C] -> [B, h, w, C]. Of equal maxima the first counts.
 */
export function poolGradientProgram(x: Shape4D): WebGPUProgram {
  const [batch, height, width, channels] = x;
  const windows = batch * Math.ceil(height / 2) * Math.ceil(width / 2) * channels;
  const code = `
fn main(index : i32) {
  let channels = uniforms.xShape[3];
  let rows = (uniforms.xShape[1] + 1) / 2;
  let columns = (uniforms.xShape[2] + 1) / 2;
  let c = index % channels;
  let column = index / channels % columns;
  let row = index / channels / columns % rows;
  let image = index / channels / columns / rows;
  if (image >= uniforms.xShape[0]) { return; }
  let first = (image * uniforms.xShape[1] + 2 * row) * uniforms.xShape[2] + 2 * column;
  let at0 = first * channels + c;
  let at1 = at0 + channels;
  let at2 = at0 + uniforms.xShape[2] * channels;
  let at3 = at2 + channels;
  var chosen = -1; // none of a row or column that the pool drops
  var slope = 0.0;
  if (row < uniforms.dyShape[1] && column < uniforms.dyShape[2]) {
    let pooled = (image * uniforms.dyShape[1] + row) * uniforms.dyShape[2] + column;
    slope = dy[pooled * channels + c];
    chosen = 0;
    var greatest = x[at0];
    if (x[at1] > greatest) { chosen = 1; greatest = x[at1]; }
    if (x[at2] > greatest) { chosen = 2; greatest = x[at2]; }
    if (x[at3] > greatest) { chosen = 3; }
  }
  let hasRight = 2 * column + 1 < uniforms.xShape[2];
  let hasBelow = 2 * row + 1 < uniforms.xShape[1];
  result[at0] = select(0.0, slope, chosen == 0);
  if (hasRight) { result[at1] = select(0.0, slope, chosen == 1); }
  if (hasBelow) { result[at2] = select(0.0, slope, chosen == 2); }
  if (hasRight && hasBelow) { result[at3] = select(0.0, slope, chosen == 3); }
}`;
  return {
    variableNames: ['x', 'dy'],
    outputShape: [...x],
    workgroupSize: [64, 1, 1],
    dispatchLayout: { x: [0, 1, 2, 3] },
    dispatch: [Math.ceil(windows / 64), 1, 1],
    shaderKey: 'poolGradient',
    getUserCode: () => code,
  };
}

/** Which of a group's `outputs` a thread computes: four from o on. */
const OWN_OUTPUTS = `
  let perGroup = (outputs + ${CHANNELS - 1}) / ${CHANNELS};
  let group = i32(globalId.x) / perGroup;
  let o = i32(globalId.x) % perGroup * ${CHANNELS};`;

/** Threads for blocks of each group's output channels, for what `rows` counts, and for images. */
function grid(groups: number, outputs: number, rows: number, images: number) {
  const workgroupSize: [number, number, number] = [8, 8, 1];
  const dispatch: [number, number, number] = [
    Math.ceil((groups * Math.ceil(outputs / CHANNELS)) / workgroupSize[0]),
    Math.ceil(rows / workgroupSize[1]),
    images,
  ];
  return { workgroupSize, dispatch, dispatchLayout: { x: [3], y: [1, 2], z: [0] } };
}

function each(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join('\n');
}

/** A vec4 of its lanes. */
function vector(lane: (lane: number) => string): string {
  return `vec4<f32>(${Array.from({ length: CHANNELS }, (_, i) => lane(i)).join(', ')})`;
}

/** Writes those lanes of a vec4 that are output channels, o being the first, from `to` on. */
function store(name: string): string {
  const write = (lane: number) =>
    `if (o + ${lane} < outputs) { result[to + ${lane}] = ${name}[${lane}]; }`;
  return each(CHANNELS, write);
}
