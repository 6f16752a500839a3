import { type RandomStream, randomStream } from '../../src/network/random.js';
import { createColourImageSource, drawColour } from './colour.js';
import { BACKGROUND, createImageSource, type ImageSource } from './images.js';
import { createFrontEnd, type Excitation, normalise } from './neuron.js';
import type { Noise, Nonlinearity, ReceptiveField, TrueNeuron } from './truth.js';

/** Images by which the neurons' gain, noise and baseline are set; they are in no other split. */
export const CALIBRATION_IMAGES = 512;

/** A neuron whose noise ceiling is not measured yet. */
export type DrawnNeuron = Omit<TrueNeuron, 'noiseCeiling'>;

/** A population that responds to images. */
export interface Population {
  readonly neurons: readonly DrawnNeuron[];
  /**
   * Responses to one image above baseline and without noise, dF/F, by neuron.
   * @param image 50x50 gray or 50x50x3, 0..255; `into` receives one value per neuron
   */
  respond(image: Uint8Array, into: Float64Array): void;
}

/**
 * Draws neurons 0 to `count` - 1. A neuron depends on the seed, its index, `hasSurround` and `hasColour` alone.
 * @param onCalibrated called once per calibration image
 */
export function createPopulation(
  seed: number,
  count: number,
  hasSurround: boolean,
  hasColour: boolean,
  onCalibrated: () => void = () => {},
): Population {
  const fields = Array.from({ length: count }, (_, index) => ({
    ...drawReceptiveField(randomStream(seed, 'receptive field', index)),
    ...(hasColour && { colour: drawColour(randomStream(seed, 'colour', index)) }),
  }));
  const frontEnds = fields.map(createFrontEnd);
  const seen = calibrationExcitations(sourceOf(hasColour), seed, frontEnds, onCalibrated);
  const neurons = fields.map((field, index): DrawnNeuron => {
    const random = randomStream(seed, 'nonlinearity', index);
    return {
      id: index,
      kind: field.complexity < 0.5 ? 'simple' : 'complex',
      ...field,
      ...calibrate(random, seen[index]!, hasSurround),
    };
  });
  return {
    neurons,
    respond(image, into) {
      const centred = subtractBackground(image);
      for (let n = 0; n < count; n++) into[n] = normalise(frontEnds[n]!(centred), neurons[n]!);
    },
  };
}

/** One trial's response, from the response above baseline. */
export function drawTrial(clean: number, neuron: DrawnNeuron, random: RandomStream): number {
  const { baseline, noise } = neuron;
  const fluctuating = clean * (1 + noise.multiplicative * random.normal());
  return baseline + fluctuating + noise.additive * random.normal();
}

/** Receptive fields that are mostly within the pixels 16 to 31, which a network's central readout sees. */
function drawReceptiveField(random: RandomStream): ReceptiveField {
  const spatialFrequency = 0.08 * (0.2 / 0.08) ** random.uniform();
  // sigma in periods as in Ringach 2002, but not so large that the field outgrows the readout
  const sigmaX = Math.min(3.6, between(random, 0.36, 0.46) / spatialFrequency);
  const sigmaY = Math.min(4, sigmaX * between(random, 1, 1.5));
  const farthest = Math.min(4, 8 - 1.5 * sigmaY);
  const isComplex = random.uniform() < 0.5;
  return {
    orientation: 180 * random.uniform(),
    spatialFrequency,
    phase: 360 * random.uniform(),
    x: farthest * between(random, -1, 1),
    y: farthest * between(random, -1, 1),
    sigmaX,
    sigmaY,
    complexity: isComplex ? between(random, 0.8, 1) : between(random, 0, 0.15),
    surroundDistance: Math.min(16, Math.max(10, sigmaY * between(random, 3.2, 4.2))),
  };
}

/** Sets scale, noise and baseline by the excitation that a set of images gives. */
function calibrate(
  random: RandomStream,
  seen: readonly Excitation[],
  hasSurround: boolean,
): Nonlinearity & { noise: Noise } {
  const strongDrive = quantile(
    Float64Array.from(seen, (e) => e.drive),
    0.95,
  );
  const exponent = between(random, 1.4, 2);
  const semisaturation = strongDrive * between(random, 0.8, 1.3);
  const localWeight = between(random, 0.15, 0.3);
  const surroundWeight = between(random, 0.8, 2) * (hasSurround ? 1 : 0);
  const raw = { exponent, semisaturation, localWeight, surroundWeight, gain: 1, baseline: 0 };
  const gain = 1 / Math.max(...seen.map((excitation) => normalise(excitation, raw)));
  const clean = seen.map((excitation) => normalise(excitation, { ...raw, gain }));

  const mean = clean.reduce((sum, r) => sum + r, 0) / clean.length;
  const variance = clean.reduce((sum, r) => sum + (r - mean) ** 2, 0) / clean.length;
  const noise = {
    additive: Math.sqrt(variance) * between(random, 0.4, 0.9),
    multiplicative: between(random, 0.1, 0.25),
  };
  const negativeShare = between(random, 0.06, 0.14);
  const trials = Float64Array.from(
    clean,
    (r) => r * (1 + noise.multiplicative * random.normal()) + noise.additive * random.normal(),
  );
  return { ...raw, gain, baseline: -quantile(trials, negativeShare), noise };
}

/** By neuron, then by calibration image. */
function calibrationExcitations(
  drawImage: ImageSource,
  seed: number,
  frontEnds: readonly ((image: Float32Array) => Excitation)[],
  onCalibrated: () => void,
): Excitation[][] {
  const seen = frontEnds.map((): Excitation[] => []);
  for (let i = 0; i < CALIBRATION_IMAGES; i++) {
    const centred = subtractBackground(drawImage(seed, 'calibration', i));
    for (const [n, frontEnd] of frontEnds.entries()) seen[n]!.push(frontEnd(centred));
    onCalibrated();
  }
  return seen;
}

/** A source of gray images, or of images in colour. */
export function sourceOf(hasColour: boolean): ImageSource {
  return hasColour ? createColourImageSource() : createImageSource();
}

function subtractBackground(image: Uint8Array): Float32Array {
  return Float32Array.from(image, (value) => value / 255 - BACKGROUND);
}

function between(random: RandomStream, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}

function quantile(values: Float64Array, share: number): number {
  return values.toSorted()[Math.floor(share * (values.length - 1))]!;
}
