import * as tf from '@tensorflow/tfjs';
import type { BlockPass } from '../block-pass.js';
import type { ReadoutTerms } from '../layers/layer.js';
import type { SharedCore } from './architecture.js';
import { seeFixed } from './front.js';
import { placeWeights, readoutPlaces, readSharedMap, sharedTerms } from './readouts.js';
import { computeSharedMap } from './trunk.js';

/** What a shared core and its readouts compute. */
export interface SharedForward {
  /** [B, N] */
  readonly responses: tf.Tensor2D;
  readonly terms?: ReadoutTerms;
  /** Row, column and standard deviations of each neuron's mask, [N, 4], in places of the map. */
  readonly places?: tf.Tensor2D;
  /** Where the places that each neuron reads attend, [B, N, h·w]; rows add up to 1. */
  readonly attention?: tf.Tensor3D;
}

/**
 * Responses of the neurons of a shared core to a batch of stimuli.
 * @param pass with the parameters of the core, one row each, and of the readouts, one row for each neuron
 * @param stimuli [B, H, W, 1 or 3]
 */
export function forwardShared(
  core: SharedCore,
  pass: BlockPass,
  stimuli: tf.Tensor4D,
  wanted: { readonly terms?: boolean } = {},
): SharedForward {
  const { take } = pass;
  const x = subtractGray(stimuli, take);
  const { map, attention } = computeSharedMap(core, x, seeFixed(core, x), pass);
  const responses = readSharedMap(core, map, take);
  if (!wanted.terms) return { responses };
  const terms = sharedTerms(core, map, take);
  const [batch, height, width] = map.shape;
  const places = core.readout === 'gaussian' && readoutPlaces(take, { height, width });
  const seen = { responses, terms, ...(places && { places }) };
  if (attention === undefined) return seen;
  const weights = placeWeights(core, map, take).expandDims<tf.Tensor3D>(0); // [1, N, h·w]
  return { ...seen, attention: tf.matMul(weights.tile([batch, 1, 1]), attention) };
}

/** Stimuli with 0 for the mean gray or colour of the training images. */
export function subtractGray(stimuli: tf.Tensor4D, take: BlockPass['take']): tf.Tensor4D {
  return stimuli.sub(take('core.gray').flatten());
}
