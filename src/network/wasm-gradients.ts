import * as tf from '@tensorflow/tfjs';

/**
 * Gives the wasm backend gradients of valid, unit-stride convolutions and of 2x2 max pools. It
 * ships no kernel for a filter's gradient, one for the input's that is many times slower than its
 * forward kernel (both are themselves convolutions, which it does well), and one for the pool's
 * that adds to memory it has not cleared.
 */
export function registerWasmGradients(): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm') !== undefined) return;
  tf.unregisterKernel('Conv2DBackpropInput', 'wasm');
  tf.registerKernel({
    kernelName: 'Conv2DBackpropInput',
    backendName: 'wasm',
    kernelFunc: ({ inputs }) =>
      tf.tidy(() => inputGradient(inputs['dy'] as tf.Tensor4D, inputs['filter'] as tf.Tensor4D)),
  });
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs }) =>
      tf.tidy(() => filterGradient(inputs['x'] as tf.Tensor4D, inputs['dy'] as tf.Tensor4D)),
  });
  tf.unregisterKernel('MaxPoolGrad', 'wasm');
  tf.registerKernel({
    kernelName: 'MaxPoolGrad',
    backendName: 'wasm',
    kernelFunc: ({ inputs }) =>
      tf.tidy(() =>
        poolGradient(
          inputs['dy'] as tf.Tensor4D,
          inputs['input'] as tf.Tensor4D,
          inputs['output'] as tf.Tensor4D,
        ),
      ),
  });
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
