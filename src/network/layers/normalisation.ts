import * as tf from '@tensorflow/tfjs';

/** As in the published networks. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

/** Batch norm of one layer; each [N, C]. */
export interface NormParameters {
  readonly scale: tf.Tensor;
  readonly shift: tf.Tensor;
  /** Running statistics. */
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** Mean and biased variance of each channel over a batch, [N·C], and over how many values. */
export interface BatchStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
  readonly count: number;
}

/** With the running statistics: x [B, h, w, N·C] -> [B, h, w, N·C] */
export function normaliseByRunning(x: tf.Tensor4D, norm: NormParameters): tf.Tensor4D {
  const slope = norm.scale.div(norm.variance.add(EPSILON).sqrt()); // [N, C]
  const offset = norm.shift.sub(norm.mean.mul(slope)); // [N, C]
  return x.mul(slope.flatten()).add(offset.flatten());
}

/**
 * With the statistics of the batch itself: x [B, h, w, N·C] -> [B, h, w, N·C]
 * @param collect is handed the statistics, which it must keep or leave
 */
export function normaliseByBatch(
  x: tf.Tensor4D,
  norm: NormParameters,
  collect: (statistics: BatchStatistics) => void,
): tf.Tensor4D {
  const count = x.size / x.shape[3];
  const standard = tf.customGrad((input, save) => {
    const batch = input as tf.Tensor4D;
    const mean = batch.mean<tf.Tensor1D>([0, 1, 2]); // [N·C]
    const centred = batch.sub(mean); // [B, h, w, N·C]
    const variance = centred.square().mean<tf.Tensor1D>([0, 1, 2]); // [N·C]
    const inverse = variance.add(EPSILON).rsqrt(); // [N·C]
    const value = centred.mul<tf.Tensor4D>(inverse); // [B, h, w, N·C]
    collect({ mean, variance, count });
    (save as tf.GradSaveFunc)([value, inverse]);
    return { value, gradFunc: standardGradient };
  });
  return standard(x).mul(norm.scale.flatten()).add(norm.shift.flatten());
}

/** d loss / d x of x standardised over its batch (Ioffe and Szegedy 2015), in few passes. */
function standardGradient(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor {
  const [value, inverse] = saved as [tf.Tensor, tf.Tensor];
  const common = dy.mean([0, 1, 2]); // [N·C]
  const along = dy.mul(value).mean([0, 1, 2]); // [N·C]
  return dy.sub(common).sub(value.mul(along)).mul(inverse); // [B, h, w, N·C]
}

/** The running statistics after one more batch; the variance unbiased, as PyTorch keeps it. */
export function updateRunning(
  { mean, variance }: NormParameters,
  batch: BatchStatistics,
): { mean: tf.Tensor; variance: tf.Tensor } {
  const follow = (running: tf.Tensor, value: tf.Tensor) =>
    running.mul(1 - MOMENTUM).add(value.reshape(running.shape).mul(MOMENTUM));
  const unbiased = batch.variance.mul(batch.count / (batch.count - 1));
  return { mean: follow(mean, batch.mean), variance: follow(variance, unbiased) };
}
