import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';

/** A program of a kind, as often as it ran. */
export interface Counted {
  readonly name: string;
  programs: number;
  /** Bytes of the tensors that it reads, each once, and of the one that it writes. */
  read: number;
  written: number;
  /** Additions and multiplications, at least one for each number that is read or written. */
  operations: number;
}

/** The programs that some work runs on a GPU. */
export interface Count {
  readonly kinds: readonly Counted[];
  /** How often the program waits for numbers from the GPU. */
  readonly waits: number;
}

/**
 * Counts the programs of the webgpu backend that some work would run, without running them: so that any size can be
 * counted without a GPU. All numbers that are read back are 0. Needs the backend to be open.
 */
export async function countPrograms(work: () => Promise<unknown>): Promise<Count> {
  const backend = tf.backend() as WebGPUBackend;
  const kinds = new Map<string, Counted>();
  let waits = 0;
  const { runWebGPUProgram, read, shouldExecuteOnCPU } = backend;
  const onDevice = new WeakSet<object>();
  backend.runWebGPUProgram = (program, inputs, dtype, _uniforms, given) => {
    const output = given ?? backend.makeTensorInfo([...program.outputShape], dtype);
    for (const { dataId } of [output, ...inputs]) onDevice.add(dataId);
    const name = kindOf(program);
    const kind = kinds.get(name) ?? { name, programs: 0, read: 0, written: 0, operations: 0 };
    kinds.set(name, kind);
    kind.programs += 1;
    kind.read += 4 * inputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    kind.written += 4 * sizeOf(output.shape);
    kind.operations += operationsOf(
      name,
      inputs.map(({ shape }) => shape),
      output.shape,
    );
    return output;
  };
  // Small tensors that are not on the device yet are computed with here.
  backend.shouldExecuteOnCPU = (inputs, most) =>
    inputs.every(({ dataId }) => !onDevice.has(dataId)) &&
    shouldExecuteOnCPU.call(backend, inputs, most);
  backend.read = async (id) => {
    const { values, shape } = backend.tensorMap.get(id);
    if (values !== null && values !== undefined) return values;
    waits += 1;
    return new Float32Array(sizeOf(shape));
  };
  try {
    await work();
  } finally {
    Object.assign(backend, { runWebGPUProgram, read, shouldExecuteOnCPU });
  }
  return {
    kinds: [...kinds.values()].toSorted((a, b) => b.read + b.written - a.read - a.written),
    waits,
  };
}

/** The name of a program without sizes. */
function kindOf(program: WebGPUProgram): string {
  const { name } = program.constructor;
  const [key = ''] = program.shaderKey.split(/[_;]/);
  const operation = 'op' in program ? `.${String(program.op)}` : '';
  if (name !== 'Object') return `${name.replace('Program', '')}${operation}`;
  return program.shaderKey.includes('true') ? `${key}, transposed` : key;
}

function operationsOf(
  name: string,
  inputs: readonly number[][],
  output: readonly number[],
): number {
  const sizes = inputs.map(sizeOf);
  const [first = 0, second = 0] = sizes;
  const size = sizeOf(output);
  if (name.startsWith('convolution')) {
    const [rows = 1, columns = 1, from = 1] = inputs[1] ?? [];
    const made = name.includes('transposed') ? first : size;
    return 2 * made * rows * columns * from;
  }
  if (name === 'filterGradient') {
    const [, height = 1, width = 1] = inputs[1] ?? [];
    return 2 * size * height * width;
  }
  if (name.startsWith('MatMul')) {
    const batch = output.length > 2 ? sizeOf(output.slice(0, -2)) : 1;
    return 2 * size * Math.round(Math.sqrt((first * second) / (size * batch)));
  }
  return Math.max(size, ...sizes);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
