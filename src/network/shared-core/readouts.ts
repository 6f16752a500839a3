import * as tf from '@tensorflow/tfjs';
import type { BlockPass } from '../block-pass.js';
import type { ReadoutTerms } from '../layers/layer.js';
import { centreIndex, type MapSize } from '../layers/map.js';
import type { SharedCore } from './architecture.js';

/** Of the parameters of readouts, each with one row for each neuron. */
type Take = BlockPass['take'];

/**
 * The responses of some neurons to a map.
 * @param map [B, h, w, C]
 * @returns [B, N]
 */
export function readSharedMap(core: SharedCore, map: tf.Tensor4D, take: Take): tf.Tensor2D {
  const bias = take('readout.bias').flatten();
  return respond(core, READ[core.readout](map, take).add<tf.Tensor2D>(bias), take);
}

/** The terms of a readout's sum: what the map's middle adds, and what all its other places add. */
export function sharedTerms(core: SharedCore, map: tf.Tensor4D, take: Take): ReadoutTerms {
  const size = mapSize(map);
  const middle = tf
    .oneHot([centreIndex(size)], size.height * size.width)
    .toFloat()
    .reshape<tf.Tensor4D>([1, size.height, size.width, 1]);
  const read = READ[core.readout];
  return {
    centre: read(map.mul(middle), take),
    surround: read(map.mul(tf.sub(1, middle)), take),
    bias: take('readout.bias').transpose<tf.Tensor2D>().tile([map.shape[0], 1]),
  };
}

/** The sum of each neuron over a map, without its bias: [B, h, w, C] -> [B, N] */
const READ: Readonly<Record<SharedCore['readout'], (map: tf.Tensor4D, take: Take) => tf.Tensor2D>> =
  {
    gaussian(map, take) {
      const features = averageUnder(readoutMasks(take, mapSize(map)), map); // [B, N, C]
      return features.mul(take('readout.weight')).sum<tf.Tensor2D>(2);
    },

    whole(map, take) {
      const weight = take('readout.weight'); // [N, h, w, C]
      const rows = weight.reshape<tf.Tensor2D>([weight.shape[0]!, -1]);
      const seen = map.reshape<tf.Tensor2D>([map.shape[0], -1]);
      return tf.matMul(seen, rows, false, true);
    },
  };

/** The average of a map under masks, [N, h·w]: [B, N, C] */
function averageUnder(masks: tf.Tensor2D, map: tf.Tensor4D): tf.Tensor3D {
  const [batch, height, width, channels] = map.shape;
  const places = map.reshape<tf.Tensor3D>([batch, height * width, channels]);
  const expanded = masks.expandDims<tf.Tensor3D>(0).tile([batch, 1, 1]); // [B, N, h·w]
  return tf.matMul(expanded, places);
}

/**
 * How much each neuron reads of each place: its mask, or all places alike where it has none.
 * @param map [B, h, w, C]
 * @returns [N, h·w], rows add up to 1
 */
export function placeWeights(core: SharedCore, map: tf.Tensor4D, take: Take): tf.Tensor2D {
  const size = mapSize(map);
  if (core.readout === 'gaussian') return readoutMasks(take, size);
  const places = size.height * size.width;
  return tf.fill([take('readout.bias').shape[0]!, places], 1 / places);
}

/**
 * The mask of each neuron: a Gaussian along each side, whose values over the map add up to 1.
 * @returns [N, h·w]
 */
function readoutMasks(take: Take, { height, width }: MapSize): tf.Tensor2D {
  const [centreY, centreX] = tf.split(take('readout.centre'), 2, 1); // [N, 1] each
  const [spreadY, spreadX] = tf.split(take('readout.spread'), 2, 1);
  const y = sideMask(height, centreY!, spreadY!); // [N, h]
  const x = sideMask(width, centreX!, spreadX!); // [N, w]
  return y
    .expandDims(2)
    .mul(x.expandDims(1))
    .reshape([-1, height * width]);
}

/** A Gaussian over places from -1 to 1: [N, places] */
function sideMask(places: number, centre: tf.Tensor, logSigma: tf.Tensor): tf.Tensor2D {
  const positions = tf.linspace(-1, 1, Math.max(2, places)).slice(0, places).reshape([1, places]);
  const z = positions.sub(centre).div(logSigma.exp());
  return z.square().mul<tf.Tensor2D>(-0.5).softmax(1); // exp(-z²/2) over its sum
}

/**
 * Where the readouts lie, in rows and columns of the map.
 * @returns [N, 4]: row, column, and the standard deviation of the mask along each of the two
 */
export function readoutPlaces(take: Take, { height, width }: MapSize): tf.Tensor2D {
  const half = tf.tensor1d([(height - 1) / 2, (width - 1) / 2]); // places from the middle to an edge
  const centre = take('readout.centre').add(1).mul(half); // [N, 2]
  return tf.concat([centre, take('readout.spread').exp().mul(half)], 1) as tf.Tensor2D;
}

function respond({ output }: SharedCore, sums: tf.Tensor2D, take: Take): tf.Tensor2D {
  if (output === 'linear') return sums;
  const positive = sums.softplus<tf.Tensor2D>();
  if (output === 'softplus') return positive;
  return positive.mul(take('output.weight').flatten()).add(take('output.bias').flatten());
}

function mapSize({ shape: [, height, width] }: tf.Tensor4D): MapSize {
  return { height, width };
}
