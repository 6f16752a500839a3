import * as tf from '@tensorflow/tfjs';
import type { BlockPass } from '../block-pass.js';
import type { ReadoutTerms } from '../layers/layer.js';
import { centreIndex, type MapSize } from '../layers/map.js';
import { NORM_EPSILON } from '../layers/specification.js';
import type { SharedCore } from './architecture.js';
import { ENERGY_EPSILON, type FilterBank, gaborBank, luminanceBank } from './gabors.js';
import { LEARNT_SIDE } from './parameters.js';
import { doublePlaces, mapPlaces, type Places, padding } from './places.js';

/**
 * What the fixed filters give of stimuli: luminance, energies, and phases where they are seen.
 * @param stimuli [B, H, W, 1], 0 for the mean gray
 * @returns [B, h, w, fixed channels]
 */
export function seeFixed(core: SharedCore, stimuli: tf.Tensor4D): tf.Tensor4D {
  const maps = [filter(stimuli, luminanceBank())];
  const phases: tf.Tensor4D[] = [];
  for (const [i, wavelength] of core.wavelengths.entries()) {
    const seen = filter(stimuli, gaborBank(wavelength, core.orientations)); // [B, h, w, 2·orientations]
    const [even, odd] = tf.split(seen, 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    const power = even.square().add(odd.square()).add<tf.Tensor4D>(ENERGY_EPSILON);
    maps.push(power.sqrt().sqrt()); // the root of the amplitude
    if (i < core.phases) phases.push(seen);
  }
  return tf.concat([...maps, ...phases], 3);
}

/**
 * The map that the readouts see.
 * @param stimuli [B, H, W, 1], 0 for the mean gray
 * @param fixed of the same stimuli, as `seeFixed` gives them
 * @returns [B, h, w, C]
 */
export function computeSharedMap(
  core: SharedCore,
  stimuli: tf.Tensor4D,
  fixed: tf.Tensor4D,
  pass: BlockPass,
): tf.Tensor4D {
  const seen = [pass.dropout('core.fixed', standardise(fixed, pass))];
  if (core.learnt > 0) seen.push(seeLearnt(stimuli, pass));
  const mixed = activate(
    'core.mix',
    tf.conv2d(tf.concat(seen, 3), filters('core.mix', pass), 1, 'valid'),
    pass,
  );
  const dropped = pass.dropout('core.mix', mixed);
  const combined = convolveSame(dropped, filters('core.combine', pass));
  return pass.dropout('core.combine', activate('core.combine', combined, pass));
}

/**
 * Responses of the neurons of a shared core to a batch of stimuli.
 * @param pass with the parameters of the core, one row each, and of the readouts: centre and spread [N, 2], weight
 *   [N, C], bias [N, 1]
 * @param stimuli [B, H, W, 1]
 */
export function forwardShared(
  core: SharedCore,
  pass: BlockPass,
  stimuli: tf.Tensor4D,
  wanted: { readonly terms?: boolean } = {},
): { responses: tf.Tensor2D; terms?: ReadoutTerms } {
  const x = subtractGray(stimuli, pass.take);
  const map = computeSharedMap(core, x, seeFixed(core, x), pass);
  const responses = readSharedMap(core, map, pass.take);
  return wanted.terms ? { responses, terms: sharedTerms(map, pass.take) } : { responses };
}

/** Stimuli with 0 for the mean gray of the training images. */
export function subtractGray(stimuli: tf.Tensor4D, take: BlockPass['take']): tf.Tensor4D {
  return stimuli.sub(take('core.gray').flatten());
}

/**
 * The responses of some neurons to a map.
 * @param map [B, h, w, C]
 * @returns [B, N]
 */
export function readSharedMap(
  { output }: SharedCore,
  map: tf.Tensor4D,
  take: BlockPass['take'],
): tf.Tensor2D {
  const sums = weigh(map, readoutMasks(take, mapSize(map)), take).add<tf.Tensor2D>(
    take('readout.bias').flatten(),
  );
  return output === 'softplus' ? sums.softplus() : sums;
}

/** The terms of a readout's sum: what the map's middle adds, and what all its other places add. */
function sharedTerms(map: tf.Tensor4D, take: BlockPass['take']): ReadoutTerms {
  const size = mapSize(map);
  const masks = readoutMasks(take, size); // [N, h·w]
  const places = size.height * size.width;
  const middle = tf.oneHot([centreIndex(size)], places).toFloat(); // [1, h·w]
  return {
    centre: weigh(map, masks.mul(middle), take),
    surround: weigh(map, masks.mul(tf.sub(1, middle)), take),
    bias: take('readout.bias').transpose<tf.Tensor2D>().tile([map.shape[0], 1]),
  };
}

/** The map under each neuron's mask, [N, h·w], weighted by its channels: [B, N] */
function weigh(map: tf.Tensor4D, masks: tf.Tensor2D, take: BlockPass['take']): tf.Tensor2D {
  const [batch, height, width, channels] = map.shape;
  const places = map.reshape<tf.Tensor3D>([batch, height * width, channels]);
  const expanded = masks.expandDims<tf.Tensor3D>(0).tile([batch, 1, 1]); // [B, N, h·w]
  const features = tf.matMul(expanded, places); // [B, N, C]
  return features.mul(take('readout.weight')).sum<tf.Tensor2D>(2);
}

function mapSize({ shape: [, height, width] }: tf.Tensor4D): MapSize {
  return { height, width };
}

/**
 * The mask of each neuron: a Gaussian along each side, whose values over the map add up to 1.
 * @returns [N, h·w]
 */
export function readoutMasks(take: BlockPass['take'], { height, width }: MapSize): tf.Tensor2D {
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

function seeLearnt(stimuli: tf.Tensor4D, pass: BlockPass): tf.Tensor4D {
  const [, height, width] = stimuli.shape;
  const x = padFor(stimuli, [doublePlaces(height), doublePlaces(width)], LEARNT_SIDE);
  const first = convolveEvery(x, filters('core.learnt1', pass), doublePlaces(height).stride);
  const pooled = tf.avgPool(activate('core.learnt1', first, pass), 2, 2, 'valid');
  const second = convolveSame(pooled, filters('core.learnt2', pass));
  return activate('core.learnt2', second, pass); // [B, h, w, learnt]
}

/** The responses of fixed filters at the places of the map. */
function filter(stimuli: tf.Tensor4D, { side, values, filters: count }: FilterBank): tf.Tensor4D {
  const [, height, width] = stimuli.shape;
  const places = [mapPlaces(height), mapPlaces(width)] as const;
  const bank = tf.tensor4d(values, [side, side, 1, count]);
  return convolveEvery(padFor(stimuli, places, side), bank, places[0].stride);
}

function padFor(
  stimuli: tf.Tensor4D,
  [vertical, horizontal]: readonly [Places, Places],
  side: number,
): tf.Tensor4D {
  const [, height, width] = stimuli.shape;
  return stimuli.pad([
    [0, 0],
    padding(height, vertical, side),
    padding(width, horizontal, side),
    [0, 0],
  ]);
}

/**
 * A valid convolution at every so many pixels. The pixels between two places become channels, so that it is one with a
 * stride of 1: some backends have no gradient of another.
 * @param x [B, H, W, 1]
 * @param filters [k, k, 1, out]
 * @param stride divides H - k and W - k
 */
function convolveEvery(x: tf.Tensor4D, filters: tf.Tensor4D, stride: number): tf.Tensor4D {
  const [side, , , to] = filters.shape;
  const cells = Math.ceil(side / stride);
  const more: [number, number] = [0, cells * stride - side];
  const [batch, height, width] = x.shape;
  const [rows, columns] = [(height + more[1]) / stride, (width + more[1]) / stride];
  const apart = x
    .pad([[0, 0], more, more, [0, 0]])
    .reshape([batch, rows, stride, columns, stride])
    .transpose([0, 1, 3, 2, 4])
    .reshape<tf.Tensor4D>([batch, rows, columns, stride * stride]);
  const filtersApart = filters
    .pad([more, more, [0, 0], [0, 0]])
    .reshape([cells, stride, cells, stride, to])
    .transpose([0, 2, 1, 3, 4])
    .reshape<tf.Tensor4D>([cells, cells, stride * stride, to]);
  return tf.conv2d(apart, filtersApart, 1, 'valid');
}

/** A 3x3 convolution whose map has the size of its input: the kernels of some backends are for valid ones alone. */
function convolveSame(map: tf.Tensor4D, weight: tf.Tensor4D): tf.Tensor4D {
  return tf.conv2d(map.pad(FRAME), weight, 1, 'valid');
}

const FRAME: [number, number][] = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
];

/** The bias and the batch norm of a block, and an ELU. */
function activate(block: string, map: tf.Tensor4D, pass: BlockPass): tf.Tensor4D {
  const bias = pass.take(`${block}.convolution.bias`).flatten();
  return pass.normalise(block, map.add(bias)).elu();
}

/** [1, k, k, in, out] -> [k, k, in, out] */
function filters(block: string, { take }: BlockPass): tf.Tensor4D {
  const weight = take(`${block}.convolution.weight`);
  return weight.reshape(weight.shape.slice(1) as [number, number, number, number]);
}

/** Fixed channels with a mean of 0 and a variance of 1 over the training images. */
function standardise(fixed: tf.Tensor4D, { take }: BlockPass): tf.Tensor4D {
  const scale = take('core.fixed.norm.variance').add(NORM_EPSILON).rsqrt().flatten();
  return fixed.sub(take('core.fixed.norm.mean').flatten()).mul(scale);
}
