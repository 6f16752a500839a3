import type * as tf from '@tensorflow/tfjs';
import {
  type BatchStatistics,
  type NormParameters,
  normaliseByBatch,
  normaliseByRunning,
} from './layers/normalisation.js';

/** Parameters by name, the neurons stacked on the first axis. */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** What a forward pass in training mode takes and reports in addition to the responses. */
export interface TrainingMode {
  /** By block, factors per image and channel, [B, 1, 1, N·C]: 0 or 1/(1-p). Without: no dropout. */
  readonly dropout?: Readonly<Record<string, tf.Tensor4D>>;
  /** Blocks that stay in evaluation mode: running statistics, no dropout. */
  readonly isStill?: (block: string) => boolean;
  /** Gets the statistics of each batch norm, by the name of its block. */
  readonly collect: (block: string, statistics: BatchStatistics) => void;
}

/** What the blocks of a network have in common: their parameters, batch norm and channel dropout. */
export interface BlockPass {
  /** @throws Error when there is no parameter of that name */
  take(name: string): tf.Tensor;
  /** The batch norm of a block, with the statistics of the batch in training mode, else with running ones. */
  normalise(block: string, map: tf.Tensor4D): tf.Tensor4D;
  /** The channel dropout of a block, in training mode. */
  dropout(block: string, map: tf.Tensor4D): tf.Tensor4D;
}

/** @param training without it, all blocks are in evaluation mode */
export function createBlockPass(parameters: Parameters, training?: TrainingMode): BlockPass {
  return {
    take: (name) => takeFrom(parameters, name),
    normalise(block, map) {
      const norm = normParameters(parameters, block);
      const mode = findMode(block);
      return mode
        ? normaliseByBatch(map, norm, (statistics) => mode.collect(block, statistics))
        : normaliseByRunning(map, norm);
    },
    dropout(block, map) {
      const factors = findMode(block)?.dropout?.[block];
      return factors ? map.mul(factors) : map;
    },
  };

  /** The training mode, for a block that is in it. */
  function findMode(block: string): TrainingMode | undefined {
    return training?.isStill?.(block) ? undefined : training;
  }
}

/** The batch norm of a block. */
export function normParameters(parameters: Parameters, block: string): NormParameters {
  const entry = (name: string) => takeFrom(parameters, `${block}.norm.${name}`);
  return {
    scale: entry('scale'),
    shift: entry('shift'),
    mean: entry('mean'),
    variance: entry('variance'),
  };
}

/** @throws Error when there is no parameter of that name */
export function takeFrom(parameters: Parameters, name: string): tf.Tensor {
  const tensor = parameters[name];
  if (tensor === undefined) throw new Error(`there is no parameter '${name}'`);
  return tensor;
}
