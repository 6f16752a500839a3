import * as tf from '@tensorflow/tfjs';
import { ARCHITECTURES, type ArchitectureId } from '../src/network/architectures/index.js';
import { initialParameters, parameterSpecifications } from '../src/network/parameters.js';
import type { TrainingKernels } from '../training/kernels/training-backend.js';
import { dropoutFactors } from '../training/model/dropout.js';
import { createLearner, wholeNetwork } from '../training/model/learner.js';

const SIZE = { height: 50, width: 50 };
const DROPOUT = 0.3;

/** Networks that train on random stimuli and responses. Holds tensors until it is disposed. */
export interface TrainingPopulation {
  /** One step of gradient descent of all networks; returns the milliseconds that it took. */
  step(): Promise<number>;
  dispose(): void;
}

/**
 * Needs an open backend.
 * @param neurons that are trained together
 * @param images of a batch
 * @param kernels what computes the layers before the readout, and Adam, instead of tfjs
 */
export function createTrainingPopulation(
  id: ArchitectureId,
  neurons: number,
  images: number,
  kernels?: TrainingKernels,
): TrainingPopulation {
  const architecture = ARCHITECTURES[id].network;
  const specifications = parameterSpecifications(architecture, SIZE);
  const ids = Array.from({ length: neurons }, (_, i) => i);
  const initial = initialParameters(specifications, ids, 1);
  const blocks = kernels?.open(architecture);
  const respond = wholeNetwork(architecture, blocks);
  const learner = createLearner(architecture, specifications, initial, undefined, {
    respond,
    adam: kernels?.adam,
  });
  const stimuli = tf.randomUniform<tf.Rank.R4>([images, SIZE.height, SIZE.width, 1]);
  const targets = tf.randomNormal<tf.Rank.R2>([images, neurons]);
  let batch = 0;
  return {
    async step() {
      const begun = performance.now();
      const moment = { seed: 1, epoch: 1, batch };
      batch += 1;
      const dropout = dropoutFactors(architecture, ids, images, DROPOUT, moment);
      await learner.step({ stimuli, targets, dropout });
      tf.dispose(Object.values(dropout));
      return performance.now() - begun;
    },
    dispose() {
      learner.dispose();
      blocks?.dispose();
      tf.dispose([stimuli, targets]);
    },
  };
}
