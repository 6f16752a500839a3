import * as tf from '@tensorflow/tfjs';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';

/** Operations of TensorFlow that tfjs does not offer; only for the tensorflow backend. */

/** What a batch norm in training mode gives. */
export interface FusedNorm {
  readonly value: tf.Tensor4D;
  /** Of the batch, [C]. */
  readonly mean: tf.Tensor1D;
  /** Of the batch, unbiased, [C]. */
  readonly variance: tf.Tensor1D;
  /** For the gradient. */
  readonly reserve: readonly [tf.Tensor, tf.Tensor, tf.Tensor];
}

/** Batch norm with the statistics of the batch: x [B, h, w, C]; scale and shift [C]. */
export function fusedBatchNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  shift: tf.Tensor1D,
  epsilon: number,
): FusedNorm {
  const none = tf.tensor1d([]);
  const outputs = run(
    'FusedBatchNormV3',
    normAttributes(epsilon),
    [x, scale, shift, none, none],
    6,
  );
  const [value, mean, variance, ...reserve] = outputs;
  none.dispose();
  return { value, mean, variance, reserve } as unknown as FusedNorm;
}

/** The gradients of x [B, h, w, C], scale [C] and shift [C]. */
export function fusedBatchNormGradient(
  dy: tf.Tensor,
  x: tf.Tensor,
  scale: tf.Tensor,
  reserve: readonly tf.Tensor[],
  epsilon: number,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const [dx, dscale, dshift, ...rest] = run(
    'FusedBatchNormGradV3',
    normAttributes(epsilon),
    [dy, x, scale, ...reserve],
    5,
  );
  tf.dispose(rest);
  return [dx!, dscale!, dshift!];
}

/** d loss / d x of y = sigmoid(x). */
export function sigmoidGradient(y: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  return run('SigmoidGrad', [], [y, dy], 1)[0]!;
}

function normAttributes(epsilon: number): Attribute[] {
  const { binding } = backend();
  return [
    { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
}

interface Attribute {
  readonly name: string;
  /** One of the binding's TF_ATTR constants. */
  readonly type: number;
  readonly value: boolean | number | number[] | string;
}

function run(name: string, attributes: Attribute[], inputs: tf.Tensor[], outputs: number) {
  const { binding } = backend();
  const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  return backend().executeMultipleOutputs(name, [type, ...attributes], inputs, outputs);
}

function backend(): NodeJSKernelBackend {
  return tf.backend() as NodeJSKernelBackend;
}
