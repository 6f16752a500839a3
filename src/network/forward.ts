import * as tf from '@tensorflow/tfjs';
import { type Architecture, centreIndex } from './architecture.js';
import { attend, type Projection } from './layers/attention.js';
import { populationConvolution } from './layers/convolution.js';
import {
  type BatchStatistics,
  type NormParameters,
  normaliseByBatch,
  normaliseByRunning,
} from './layers/normalisation.js';
import { combineTerms, readLinear } from './layers/readout.js';
import { type ReadoutTerms, readoutTerms } from './layers/readout-terms.js';
import { sigmoid } from './layers/sigmoid.js';
import { convolveAndPool, pooledStimulusConvolution } from './layers/stimulus-convolution.js';

/** Parameters by name, the neurons stacked on the first axis. */
export type Parameters = Readonly<Record<string, tf.Tensor>>;

/** The blocks that are followed by channel dropout in training. */
export const DROPOUT_BLOCKS = ['alpha1', 'alpha2', 'attention', 'beta1'] as const;
export type DropoutBlock = (typeof DROPOUT_BLOCKS)[number];

/** What a forward pass in training mode needs and gives beside the responses. */
export interface TrainingMode {
  /** Factors per image and channel, [B, 1, 1, N·C]: 0 or 1/(1-p). Without: no dropout. */
  readonly dropout?: Readonly<Partial<Record<DropoutBlock, tf.Tensor4D>>>;
  /** Blocks that stay in evaluation mode: running statistics, no dropout. */
  readonly isStill?: (block: string) => boolean;
  /** Is handed the statistics of each batch norm, by the name of its block. */
  readonly collect: (block: string, statistics: BatchStatistics) => void;
}

/** A type, not an interface, so that tf.tidy takes it for a container of tensors. */
export type Forward = {
  /** [B, N] */
  readonly responses: tf.Tensor2D;
  /** The centre hypercolumn's attention, [B, N, cells], where the architecture has attention. */
  readonly centreAttention?: tf.Tensor3D;
  /** What the readout's sum is made of, where it is asked for. */
  readonly terms?: ReadoutTerms;
};

/** What a forward pass is wanted for beside the responses. */
export interface Wanted {
  /** The readout's sum taken apart as well. */
  readonly terms?: boolean;
  /** The stimuli are to have a gradient, which costs the training of the parameters time. */
  readonly stimulusGradient?: boolean;
}

/**
 * Responses of a population to a batch of stimuli.
 * @param stimuli [B, height, width, 1], scaled as the card says
 * @param training in training mode batch norm uses the batch's own statistics
 */
export function forward(
  architecture: Architecture,
  parameters: Parameters,
  stimuli: tf.Tensor4D,
  training?: TrainingMode,
  wanted: Wanted = {},
): Forward {
  const take = (name: string): tf.Tensor => {
    const tensor = parameters[name];
    if (tensor === undefined) throw new Error(`there is no parameter '${name}'`);
    return tensor;
  };
  const linear = (name: string) => ({
    weight: take(`${name}.weight`),
    bias: take(`${name}.bias`) as tf.Tensor2D,
  });

  const first = wanted.stimulusGradient ? convolveAndPool : pooledStimulusConvolution;
  let x = alpha('alpha1', first(stimuli, filters('alpha1')));
  x = alpha('alpha2', tf.maxPool(populationConvolution(x, filters('alpha2')), 2, 2, 'valid'));

  let centreAttention: tf.Tensor3D | undefined;
  if (architecture.attention !== 'none') {
    const [, height, width] = x.shape;
    const attended = attend(x, attentionParameters(), centreIndex({ height, width }));
    centreAttention = attended.centre;
    x = dropout('attention', activate('attention', attended.map));
  }
  x = dropout('beta1', beta('beta1', x));
  x = beta('beta2', x);
  const sums = readout(x); // [B, N]
  const responses = architecture.output === 'softplus' ? sums.softplus<tf.Tensor2D>() : sums;
  return {
    responses,
    ...(centreAttention && { centreAttention }),
    ...(wanted.terms && { terms: readoutTerms(x, architecture.readout, linear) }),
  };

  /** [B, h, w, N·C], convolved and pooled, without the bias, which commutes with the pool */
  function alpha(block: DropoutBlock, pooled: tf.Tensor4D): tf.Tensor4D {
    return dropout(block, activate(block, addBias(block, pooled)));
  }

  function beta(block: string, map: tf.Tensor4D): tf.Tensor4D {
    return activate(block, addBias(block, populationConvolution(map, filters(block))));
  }

  /** [N, k, k, in, out] */
  function filters(block: string): tf.Tensor5D {
    return take(`${block}.convolution.weight`) as tf.Tensor5D;
  }

  function addBias(block: string, map: tf.Tensor4D): tf.Tensor4D {
    return map.add(take(`${block}.convolution.bias`).flatten());
  }

  function activate(block: string, map: tf.Tensor4D): tf.Tensor4D {
    const norm = normParameters(parameters, block);
    const mode = modeOf(block);
    const normalised = mode
      ? normaliseByBatch(map, norm, (statistics) => mode.collect(block, statistics))
      : normaliseByRunning(map, norm);
    return sigmoid(normalised);
  }

  function dropout(block: DropoutBlock, map: tf.Tensor4D): tf.Tensor4D {
    const factors = modeOf(block)?.dropout?.[block];
    return factors ? map.mul(factors) : map;
  }

  /** The training mode, for a block that is in it. */
  function modeOf(block: string): TrainingMode | undefined {
    return training?.isStill?.(block) ? undefined : training;
  }

  function attentionParameters() {
    const projection = (name: string) => linear(`attention.${name}`) as Projection;
    return {
      gamma: take('attention.gamma') as tf.Tensor2D,
      query: projection('query'),
      key: projection('key'),
      ...(architecture.attention === 'mapped' && {
        mapping: { value: projection('value'), output: projection('output') },
      }),
    };
  }

  /** [B, h, w, N·C] -> [B, N] */
  function readout(map: tf.Tensor4D): tf.Tensor2D {
    switch (architecture.readout) {
      case 'full':
        return readLinear(map, linear('readout'), 'whole');
      case 'centre':
        return readLinear(map, linear('readout'), 'centre');
      case 'split': {
        const terms = [
          readLinear(map, linear('readout.centre'), 'centre'),
          readLinear(map, linear('readout.surround'), 'surround'),
        ] as const;
        return combineTerms(terms, linear('readout.combiner'));
      }
    }
  }
}

/** The batch norm of a block. */
export function normParameters(parameters: Parameters, block: string): NormParameters {
  const entry = (name: string) => {
    const tensor = parameters[`${block}.norm.${name}`];
    if (tensor === undefined) throw new Error(`there is no parameter '${block}.norm.${name}'`);
    return tensor;
  };
  return {
    scale: entry('scale'),
    shift: entry('shift'),
    mean: entry('mean'),
    variance: entry('variance'),
  };
}
