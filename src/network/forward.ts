import * as tf from '@tensorflow/tfjs';
import type { Channels } from '../formats/channels.js';
import { type AnyArchitecture, isShared } from './any-architecture.js';
import type { Architecture } from './architecture.js';
import { createLayers, READOUTS } from './architecture.js';
import { createBlockPass, type Parameters, type TrainingMode, takeFrom } from './block-pass.js';
import { populationConvolution } from './layers/convolution.js';
import type {
  ForwardPass,
  Layer,
  LinearReadout,
  ReadoutPass,
  ReadoutTerms,
} from './layers/layer.js';
import { readLinear } from './layers/read-linear.js';
import { sigmoid } from './layers/sigmoid.js';
import { convolveAndPool, pooledStimulusConvolution } from './layers/stimulus-convolution.js';
import { forwardShared } from './shared-core/forward.js';

/** A type, not an interface, so that tf.tidy accepts it as a container of tensors. */
export type Forward = {
  /** [B, N] */
  readonly responses: tf.Tensor2D;
  /**
   * The centre hypercolumn's attention, [B, N, cells], where the architecture has attention; with a shared core, that of
   * the places that the neuron reads, where the terms are wanted too.
   */
  readonly centreAttention?: tf.Tensor3D;
  /** The terms of the readout's sum, where they are wanted. */
  readonly terms?: ReadoutTerms;
  /** With them, where the Gaussian masks of a shared core's readouts lie, as `readoutPlaces`, [N, 4]. */
  readonly places?: tf.Tensor2D;
};

/** What a forward pass computes in addition to the responses. */
export interface Wanted {
  /** Whether the terms of the readout's sum are wanted. */
  readonly terms?: boolean;
  /** Whether the stimuli need a gradient, which slows the training of the parameters. */
  readonly stimulusGradient?: boolean;
  /** What computes the layers before the readout instead of tfjs; then the stimuli have no gradient, and no attention is given. */
  readonly blocks?: BlockOperations | undefined;
}

/** Computes the layers before the readout of networks of one neuron each. */
export interface BlockOperations {
  /**
   * @param stimuli [B, height, width, 1 or 3]
   * @returns the map that the last layer gives, with its dropout, [B, h, w, N·C]
   */
  compute(
    layers: readonly ComputedLayer[],
    parameters: Parameters,
    stimuli: tf.Tensor4D,
    training: TrainingMode | undefined,
  ): tf.Tensor4D;
}

/** What is computed of a layer. */
export type ComputedLayer = Pick<Layer, 'block' | 'operation' | 'outputSize'>;

/**
 * Responses of a population to a batch of stimuli.
 * @param parameters the neurons stacked on the first axis; those of a shared core have one row
 * @param stimuli [B, height, width, 1 or 3], scaled as the card says
 * @param training in training mode batch norm uses the batch's own statistics
 */
export function forward(
  architecture: AnyArchitecture,
  parameters: Parameters,
  stimuli: tf.Tensor4D,
  training?: TrainingMode,
  wanted: Wanted = {},
): Forward {
  if (isShared(architecture)) {
    const pass = createBlockPass(parameters, training);
    const { attention, ...computed } = forwardShared(architecture, pass, stimuli, wanted);
    return { ...computed, ...(attention && { centreAttention: attention }) };
  }
  const { map, ...attended } = computeMap(architecture, parameters, stimuli, training, wanted);
  const responses = readMap(architecture, parameters, map);
  if (!wanted.terms) return { responses, ...attended };
  const { terms } = READOUTS[architecture.readout];
  return { responses, ...attended, terms: terms(map, readoutPass(parameters)) };
}

/**
 * The responses that a readout gives to a map.
 * @param parameters those of the readout
 * @param map what the layers before the readout make of the stimuli, [B, h, w, N·C]
 * @returns [B, N]
 */
export function readMap(
  { readout, output }: Architecture,
  parameters: Parameters,
  map: tf.Tensor4D,
): tf.Tensor2D {
  const sums = READOUTS[readout].forward(map, readoutPass(parameters)); // [B, N]
  return output === 'softplus' ? sums.softplus<tf.Tensor2D>() : sums;
}

function readoutPass(parameters: Parameters): ReadoutPass {
  const linear = (name: string): LinearReadout => ({
    weight: takeFrom(parameters, `${name}.weight`),
    bias: takeFrom(parameters, `${name}.bias`) as tf.Tensor2D,
  });
  return { linear, read: readLinear, tf };
}

/**
 * What the layers before the readout make of a batch of stimuli.
 * @param stimuli [B, height, width, 1 or 3], scaled as the card says
 * @returns the map that the readout reads, [B, h, w, N·C], and the attention, as `forward`
 */
export function computeMap(
  architecture: Architecture,
  parameters: Parameters,
  stimuli: tf.Tensor4D,
  training?: TrainingMode,
  wanted: Pick<Wanted, 'stimulusGradient' | 'blocks'> = {},
): { map: tf.Tensor4D } & Pick<Forward, 'centreAttention'> {
  const layers = createLayers(architecture, stimuli.shape[3] as Channels);
  if (wanted.blocks) return { map: wanted.blocks.compute(layers, parameters, stimuli, training) };
  const { take, normalise, dropout } = createBlockPass(parameters, training);
  let centreAttention: tf.Tensor3D | undefined;
  const pass: ForwardPass = {
    take,
    convolve: (block, map) => populationConvolution(map, filters(block)),
    convolveStimuliAndPool: (block, map) =>
      (wanted.stimulusGradient ? convolveAndPool : pooledStimulusConvolution)(map, filters(block)),
    maxPool: (map) => tf.maxPool(map, 2, 2, 'valid'),
    addBias: (block, map) => map.add(take(`${block}.convolution.bias`).flatten()),
    activate: (block, map) => sigmoid(normalise(block, map)),
    collectAttention(centre) {
      centreAttention = centre;
    },
  };

  let map = stimuli;
  for (const layer of layers) {
    map = layer.forward(map, pass);
    if (layer.hasDropout) map = dropout(layer.block, map);
  }
  return { map, ...(centreAttention && { centreAttention }) };

  /** [N, k, k, in, out] */
  function filters(block: string): tf.Tensor5D {
    return take(`${block}.convolution.weight`) as tf.Tensor5D;
  }
}
