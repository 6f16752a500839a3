import type { RandomStream } from '../../src/network/random.js';
import { createFourierTransform } from './fourier.js';

/** Side of a noise field in pixels. It is periodic: the left edge continues at the right one. */
export const FIELD_SIDE = 64;

/** Two independent fields of noise with one spectrum, row-major, mean 0, variance 1 each. */
export interface NoiseFields {
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/**
 * Draws noise whose amplitude falls as 1/f^exponent, exponent 0.9 to 1.4, and is up to three times
 * as strong at one random orientation as across it: the second-order statistics of natural scenes
 * (Field 1987). The fields are overwritten by the next draw.
 */
export type NoiseSource = (random: RandomStream) => NoiseFields;

export function createNoiseSource(): NoiseSource {
  const size = FIELD_SIDE * FIELD_SIDE;
  const transform = createFourierTransform(FIELD_SIDE);
  const first = new Float64Array(size);
  const second = new Float64Array(size);
  const logFrequency = new Float64Array(size);
  const cosTwice = new Float64Array(size); // of twice the angle of the frequency
  const sinTwice = new Float64Array(size);
  for (let i = 1; i < size; i++) {
    const fx = signedFrequency(i % FIELD_SIDE);
    const fy = signedFrequency(Math.floor(i / FIELD_SIDE));
    const squared = fx * fx + fy * fy;
    logFrequency[i] = Math.log(squared) / 2;
    cosTwice[i] = (fx * fx - fy * fy) / squared;
    sinTwice[i] = (2 * fx * fy) / squared;
  }

  return (random) => {
    const exponent = 0.9 + 0.5 * random.uniform();
    const anisotropy = 0.5 * random.uniform();
    const angle = 2 * Math.PI * random.uniform();
    const towardsX = anisotropy * Math.cos(angle);
    const towardsY = anisotropy * Math.sin(angle);
    first[0] = 0;
    second[0] = 0;
    // no symmetry between a frequency and its negative, so that the two parts of the transform are
    // independent of each other
    for (let i = 1; i < size; i++) {
      const oriented = 1 + towardsX * cosTwice[i]! + towardsY * sinTwice[i]!;
      const amplitude = oriented * Math.exp(-exponent * logFrequency[i]!);
      first[i] = amplitude * random.normal();
      second[i] = amplitude * random.normal();
    }
    transform(first, second);
    standardise(first);
    standardise(second);
    return { first, second };
  };
}

function signedFrequency(index: number): number {
  return index <= FIELD_SIDE / 2 ? index : index - FIELD_SIDE;
}

/** The mean is 0 already, there being no zero frequency. */
function standardise(values: Float64Array): void {
  let power = 0;
  for (let i = 0; i < values.length; i++) power += values[i]! ** 2;
  const scale = Math.sqrt(values.length / power);
  for (let i = 0; i < values.length; i++) values[i]! *= scale;
}
