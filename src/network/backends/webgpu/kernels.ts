import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend, WebGPUProgram } from '@tensorflow/tfjs-backend-webgpu';
import { columnSumsProgram, elementwiseProgram } from './fused-programs.js';
import { FUSED, type FusedAttributes } from './operations.js';
import {
  convolutionProgram,
  filterGradientProgram,
  poolGradientProgram,
  type Shape4D,
  sumOfPartsProgram,
} from './programs.js';

/**
 * Gives the webgpu backend faster kernels for valid convolutions of stride 1, their gradients, and
 * the gradient of a 2x2 max pool. As TensorFlow's own they take groups of channels: as many as the
 * filter's input channels go into the map's. Its own wait at a barrier after every few products, sum the
 * gradient of a filter's weight over the whole batch in one thread, and read a pool's input twice.
 * All other calls keep the backend's own kernels.
 */
export function registerWebgpuKernels(): void {
  replace('Conv2D', isPlainConvolution, ({ backend, inputs }) => {
    const { x, filter } = inputs as Record<'x' | 'filter', Tensor4DInfo>;
    const groups = x.shape[3] / filter.shape[2];
    const program = convolutionProgram(x.shape, filter.shape, groups, false);
    return run(backend, program, [x, filter], groups);
  });
  replace('Conv2DBackpropInput', isPlainConvolution, ({ backend, inputs, attrs }) => {
    const { dy, filter } = inputs as Record<'dy' | 'filter', Tensor4DInfo>;
    const { inputShape } = attrs as unknown as { readonly inputShape: Shape4D };
    const groups = inputShape[3] / filter.shape[2];
    const program = convolutionProgram(dy.shape, filter.shape, groups, true);
    return run(backend, program, [dy, filter], groups);
  });
  replace('Conv2DBackpropFilter', isPlainConvolution, ({ backend, inputs, attrs }) => {
    const { x, dy } = inputs as Record<'x' | 'dy', Tensor4DInfo>;
    const { filterShape } = attrs as unknown as { readonly filterShape: Shape4D };
    const groups = x.shape[3] / filterShape[2];
    const parts = run(backend, filterGradientProgram(x.shape, dy.shape, groups), [x, dy], groups);
    const gradient = run(backend, sumOfPartsProgram(filterShape), [parts]); // [kh, kw, in, out]
    (backend as WebGPUBackend).disposeData(parts.dataId);
    return gradient;
  });
  replace('MaxPoolGrad', isPlainPool, ({ backend, inputs }) => {
    const { dy, input } = inputs as Record<'dy' | 'input', Tensor4DInfo>;
    return run(backend, poolGradientProgram(input.shape), [input, dy]);
  });
  for (const name of ['Add', 'Sub', 'Multiply']) readVectorsAsRows(name);
  register(FUSED.elementwise, (call) => {
    const { backend, inputs, uniforms, formula } = readFused(call);
    const program = elementwiseProgram(formula, inputs[0]!.shape);
    return backend.runWebGPUProgram(program, inputs, 'float32', uniforms);
  });
  register(FUSED.columnSums, (call) => {
    const { backend, inputs, uniforms, formula, rows, columns } = readFused(call);
    const program = columnSumsProgram(formula, rows, columns);
    const parts = backend.runWebGPUProgram(program, inputs, 'float32', uniforms);
    const sums = run(backend, sumOfPartsProgram([columns]), [parts]);
    backend.disposeData(parts.dataId);
    return sums;
  });
}

/** A call of an operation of operations.ts. */
function readFused({ inputs, attrs, backend }: Call) {
  const { formula, numbers } = attrs as unknown as FusedAttributes;
  const tensors = [...formula.maps, ...formula.vectors].map((name) => inputs[name]!);
  const { shape } = tensors[0]!;
  const columns = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  const uniforms = [
    { type: 'int32', data: [rows] },
    { type: 'int32', data: [columns] },
    ...numbers.map((number) => ({ type: 'float32', data: [number] })),
  ];
  return { backend: backend as WebGPUBackend, inputs: tensors, uniforms, formula, rows, columns };
}

function register(kernelName: string, kernelFunc: tf.KernelFunc): void {
  tf.registerKernel({ kernelName, backendName: 'webgpu', kernelFunc });
}

type Call = Parameters<tf.KernelFunc>[0];
type Tensor4DInfo = tf.TensorInfo & { readonly shape: Shape4D };

/** The attributes of convolutions and pools, as far as they are read. */
interface Window {
  readonly strides: number | number[];
  readonly pad: string | number | number[];
  readonly dataFormat: string;
  readonly dilations?: number | number[];
  readonly filterSize: number | number[];
}

function isPlainConvolution({ attrs }: Call): boolean {
  const { strides, pad, dataFormat, dilations = 1 } = attrs as unknown as Window;
  return pad === 'valid' && dataFormat === 'NHWC' && isAll(1, strides, dilations);
}

function isPlainPool({ attrs }: Call): boolean {
  const { strides, pad, filterSize } = attrs as unknown as Window;
  return pad === 'valid' && isAll(2, strides, filterSize);
}

function isAll(side: number, ...sides: (number | number[])[]): boolean {
  return sides.flat().every((length) => length === side);
}

/** Uses a kernel for the calls that it supports, and the backend's own for the others. */
function replace(name: string, canTake: (call: Call) => boolean, kernel: tf.KernelFunc): void {
  wrap(name, (own) => (call) => (canTake(call) ? kernel(call) : own(call)));
}

/**
 * For a vector of up to 127 channels the backend's own kernel has a variant that waits at a barrier
 * in every workgroup; as a matrix of one row the vector is read without.
 */
function readVectorsAsRows(name: string): void {
  wrap(name, (own) => (call) => {
    const { a, b } = call.inputs as Record<'a' | 'b', tf.TensorInfo>;
    if (a.shape.length < 2 && b.shape.length < 2) return own(call);
    return own({ ...call, inputs: { a: asRow(a), b: asRow(b) } });
  });
}

function asRow({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
  return { dataId, shape: shape.length === 1 ? [1, ...shape] : shape, dtype };
}

function wrap(kernelName: string, around: (own: tf.KernelFunc) => tf.KernelFunc): void {
  const backendName = 'webgpu';
  const { kernelFunc } = tf.getKernel(kernelName, backendName);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ kernelName, backendName, kernelFunc: around(kernelFunc) });
}

function run(
  backend: unknown,
  program: WebGPUProgram,
  inputs: tf.TensorInfo[],
  groups?: number,
): tf.TensorInfo {
  const uniforms = groups === undefined ? [] : [{ type: 'int32', data: [groups] }];
  return (backend as WebGPUBackend).runWebGPUProgram(program, inputs, 'float32', uniforms);
}
