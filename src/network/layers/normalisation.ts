import * as tf from '@tensorflow/tfjs';
import { fusedBatchNorm, fusedBatchNormGradient } from '../backends/tensorflow/operations.js';
import { columnSums, elementwise } from '../backends/webgpu/operations.js';
import { NORM_EPSILON } from './specification.js';

/** As in the published networks. */
const MOMENTUM = 0.1;

/** Batch norm of one layer; each [N, C]. */
export interface NormParameters {
  readonly scale: tf.Tensor;
  readonly shift: tf.Tensor;
  /** Running statistics. */
  readonly mean: tf.Tensor;
  readonly variance: tf.Tensor;
}

/** Mean and unbiased variance of each channel over a batch, [N·C]. */
export interface BatchStatistics {
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
}

/** With the running statistics: x [B, h, w, N·C] -> [B, h, w, N·C] */
export function normaliseByRunning(x: tf.Tensor4D, norm: NormParameters): tf.Tensor4D {
  const slope = norm.scale.div(norm.variance.add(NORM_EPSILON).sqrt()); // [N, C]
  const offset = norm.shift.sub(norm.mean.mul(slope)); // [N, C]
  return x.mul(slope.flatten()).add(offset.flatten());
}

/**
 * With the statistics of the batch itself: x [B, h, w, N·C] -> [B, h, w, N·C]
 * @param collect gets the statistics; it calls `tf.keep` on those that outlive the forward pass
 */
export function normaliseByBatch(
  x: tf.Tensor4D,
  norm: NormParameters,
  collect: (statistics: BatchStatistics) => void,
): tf.Tensor4D {
  const normalise = NORMALISE[tf.getBackend()] ?? normalisePlain;
  const normalised = tf.customGrad((input, scale, shift, save) => {
    const { value, mean, variance, saved, gradient } = normalise(
      input as tf.Tensor4D,
      scale as tf.Tensor1D,
      shift as tf.Tensor1D,
    );
    collect({ mean, variance });
    (save as tf.GradSaveFunc)(saved);
    return { value, gradFunc: (dy: tf.Tensor, kept: tf.Tensor[]) => gradient(dy, kept) };
  });
  return normalised(x, norm.scale.flatten(), norm.shift.flatten());
}

/** A batch norm, and how its gradients follow from what it saved. */
interface Normalised extends BatchStatistics {
  readonly value: tf.Tensor4D;
  readonly saved: tf.Tensor[];
  /** Of x, scale and shift. */
  readonly gradient: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[];
}

/** scale, shift [N·C] */
function normaliseFused(x: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D): Normalised {
  const { reserve, ...normalised } = fusedBatchNorm(x, scale, shift, NORM_EPSILON);
  return {
    ...normalised,
    saved: [x, scale, ...reserve],
    gradient: (dy, [input, factor, ...rest]) =>
      fusedBatchNormGradient(dy, input!, factor!, rest, NORM_EPSILON),
  };
}

/** The factor from the variance of so many numbers to an estimate; 1 for a single one, whose variance is 0, as in TensorFlow. */
function unbiasing(count: number): number {
  return count / Math.max(count - 1, 1);
}

/** The same as `normalisePlain`, in six passes over the maps; scale, shift [N·C] */
function normaliseOnWebgpu(x: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D): Normalised {
  const count = x.size / x.shape[3];
  const mean = columnSums('x', { maps: { x } }).div<tf.Tensor1D>(count);
  const squares = columnSums('(x - mean) * (x - mean)', { maps: { x }, vectors: { mean } });
  const biased = squares.div(count);
  const inverse = biased.add(NORM_EPSILON).rsqrt();
  const standard = '(x - mean) * inverse';
  const vectors = { mean, inverse, scale, shift };
  return {
    value: elementwise(`${standard} * scale + shift`, { maps: { x }, vectors }),
    mean,
    variance: biased.mul(unbiasing(count)),
    saved: [x, mean, inverse, scale.mul(inverse)],
    gradient: (dy, saved) => {
      const [x, mean, inverse, slope] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const shifted = columnSums('dy', { maps: { dy } });
      const scaled = columnSums(`dy * ${standard}`, {
        maps: { dy, x },
        vectors: { mean, inverse },
      });
      const [down, along] = [shifted.div(count), scaled.div(count)];
      const dx = elementwise(`(dy - down - ${standard} * along) * slope`, {
        maps: { dy, x },
        vectors: { mean, inverse, slope, down, along },
      });
      return [dx, scaled, shifted];
    },
  };
}

/** By backend, where it is not `normalisePlain`. */
const NORMALISE: Readonly<Record<string, typeof normalisePlain>> = {
  tensorflow: normaliseFused,
  webgpu: normaliseOnWebgpu,
};

/** Ioffe and Szegedy 2015, in few passes; scale, shift [N·C] */
function normalisePlain(x: tf.Tensor4D, scale: tf.Tensor1D, shift: tf.Tensor1D): Normalised {
  const count = x.size / x.shape[3];
  const mean = x.mean<tf.Tensor1D>([0, 1, 2]); // [N·C]
  const centred = x.sub(mean); // [B, h, w, N·C]
  const biased = centred.square().mean<tf.Tensor1D>([0, 1, 2]); // [N·C]
  const inverse = biased.add<tf.Tensor1D>(NORM_EPSILON).rsqrt(); // [N·C]
  const standard = centred.mul<tf.Tensor4D>(inverse); // [B, h, w, N·C]
  return {
    value: standard.mul<tf.Tensor4D>(scale).add(shift),
    mean,
    variance: biased.mul(unbiasing(count)),
    saved: [standard, scale.mul(inverse)],
    gradient: (dy, [value, slope]) => {
      const shifted = dy.sum([0, 1, 2]); // [N·C]
      const scaled = dy.mul(value!).sum([0, 1, 2]); // [N·C]
      const along = value!.mul(scaled.div(count));
      const dx = dy.sub(shifted.div(count)).sub(along).mul(slope!); // [B, h, w, N·C]
      return [dx, scaled, shifted];
    },
  };
}

/** The running statistics after one more batch; the variance unbiased, as PyTorch keeps it. */
export function updateRunning(
  { mean, variance }: Pick<NormParameters, 'mean' | 'variance'>,
  batch: BatchStatistics,
): { mean: tf.Tensor; variance: tf.Tensor } {
  const follow = (running: tf.Tensor, value: tf.Tensor) =>
    running.mul(1 - MOMENTUM).add(value.reshape(running.shape).mul(MOMENTUM));
  return { mean: follow(mean, batch.mean), variance: follow(variance, batch.variance) };
}
