import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/**
 * Adds the kernels that training needs to the wasm backend. It ships no kernel for the gradient of a
 * convolution's filter, one for that of its input that is many times slower than its forward kernel
 * (both are themselves convolutions, which it does well), one for the gradient of a max pool that
 * adds to memory it has not cleared, and ones for slices and splits that copy the whole source for
 * each part. For valid, unit-stride convolutions and 2x2 pools.
 */
export function registerWasmKernels(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined) return;
  replace('Slice', ({ inputs, attrs, backend }) => {
    const { begin, size } = attrs as unknown as Block;
    return slice(inputs['x'] as tf.TensorInfo, begin, size, backend as BackendWasm);
  });
  replace('SplitV', ({ inputs, attrs, backend }) => {
    const { numOrSizeSplits, axis } = attrs as unknown as Split;
    return split(inputs['x'] as tf.TensorInfo, numOrSizeSplits, axis, backend as BackendWasm);
  });
  replace('Conv2DBackpropInput', ({ inputs }) =>
    tf.tidy(() => inputGradient(inputs['dy'] as tf.Tensor4D, inputs['filter'] as tf.Tensor4D)),
  );
  replace('Conv2DBackpropFilter', ({ inputs }) =>
    tf.tidy(() => filterGradient(inputs['x'] as tf.Tensor4D, inputs['dy'] as tf.Tensor4D)),
  );
  replace('MaxPoolGrad', ({ inputs }) =>
    tf.tidy(() =>
      poolGradient(
        inputs['dy'] as tf.Tensor4D,
        inputs['input'] as tf.Tensor4D,
        inputs['output'] as tf.Tensor4D,
      ),
    ),
  );
}

function replace(kernelName: string, kernelFunc: tf.KernelFunc): void {
  if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
}

interface Block {
  readonly begin: number | number[];
  readonly size: number | number[];
}

interface Split {
  readonly numOrSizeSplits: number | number[];
  readonly axis: number;
}

function split(
  x: tf.TensorInfo,
  parts: number | number[],
  axis: number,
  backend: BackendWasm,
): tf.TensorInfo[] {
  const along = tf.util.parseAxisParam(axis, x.shape)[0]!;
  const lengths = tf.backend_util.prepareSplitSize(x as tf.Tensor, parts, along);
  let first = 0;
  return lengths.map((length) => {
    const begin = x.shape.map((_, i) => (i === along ? first : 0));
    const size = x.shape.map((whole, i) => (i === along ? length : whole));
    first += length;
    return slice(x, begin, size, backend);
  });
}

/** A block of x, copied within the heap in runs as long as both lie together. */
function slice(
  x: tf.TensorInfo,
  from: number | number[],
  block: number | number[],
  backend: BackendWasm,
): tf.TensorInfo {
  const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, from, block) as [
    number[],
    number[],
  ];
  const result = backend.makeOutput(size, x.dtype);
  // views of the heap, which making the output may have moved
  const source = backend.typedArrayFromHeap(x);
  const target = backend.typedArrayFromHeap(result);
  const strides = tf.util.computeStrides(x.shape).concat(1);
  const partial = size.findLastIndex((length, i) => length !== x.shape[i]);
  const axis = Math.max(partial, 0);
  const run = size.slice(axis).reduce((product, length) => product * length, 1);
  const outer = size.slice(0, axis);
  const index = outer.map(() => 0);
  for (let to = 0; to < target.length; to += run) {
    const start = begin.reduce((sum, first, i) => sum + (first + (index[i] ?? 0)) * strides[i]!, 0);
    target.set(source.subarray(start, start + run), to);
    for (let i = outer.length - 1; i >= 0; i--) {
      index[i] = index[i]! + 1;
      if (index[i]! < outer[i]!) break;
      index[i] = 0;
    }
  }
  return result;
}

/** dy [B, h-k+1, w-k+1, out], filter [k, k, in, out] -> [B, h, w, in] */
function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D {
  const [height, width] = filter.shape;
  const [rows, columns] = [height - 1, width - 1];
  const padded = dy.pad<tf.Tensor4D>([
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ]);
  const turned = filter.reverse([0, 1]).transpose<tf.Tensor4D>([0, 1, 3, 2]); // [k, k, out, in]
  return tf.conv2d(padded, turned, 1, 'valid');
}

/** x [B, h, w, in], dy [B, h-k+1, w-k+1, out] -> [k, k, in, out] */
function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor4D {
  const images = x.transpose<tf.Tensor4D>([3, 1, 2, 0]); // [in, h, w, B]
  const filters = dy.transpose<tf.Tensor4D>([1, 2, 0, 3]); // [h-k+1, w-k+1, B, out]
  return tf.conv2d<tf.Tensor4D>(images, filters, 1, 'valid').transpose<tf.Tensor4D>([1, 2, 0, 3]);
}

/** dy and pooled [B, h/2, w/2, C], x [B, h, w, C] -> [B, h, w, C]; of equal maxima the first counts. */
function poolGradient(dy: tf.Tensor4D, x: tf.Tensor4D, pooled: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const [rows, columns] = [dy.shape[1], dy.shape[2]];
  const pairs = x // [B·h/2, 2, w/2, 2·C]
    .slice([0, 0, 0, 0], [-1, 2 * rows, 2 * columns, -1])
    .reshape([batch * rows, 2, columns, 2 * channels]);
  const maximum = pooled.reshape([batch * rows, 1, columns, channels]);
  const slope = dy.reshape([batch * rows, 1, columns, channels]);
  let open: tf.Tensor = tf.onesLike(maximum).cast('bool');
  const corner = (row: number, column: number): tf.Tensor4D => {
    const value = pairs.slice([0, row, 0, column * channels], [-1, 1, -1, channels]);
    const chosen = value.equal(maximum).logicalAnd(open);
    open = open.logicalAnd(chosen.logicalNot());
    return slope.mul<tf.Tensor4D>(chosen.cast('float32')); // [B·h/2, 1, w/2, C]
  };
  const row = (y: number) => tf.concat([corner(y, 0), corner(y, 1)], 3); // [B·h/2, 1, w/2, 2·C]
  return tf
    .concat([row(0), row(1)], 1)
    .reshape<tf.Tensor4D>([batch, 2 * rows, 2 * columns, channels])
    .pad([
      [0, 0],
      [0, height - 2 * rows],
      [0, width - 2 * columns],
      [0, 0],
    ]);
}
