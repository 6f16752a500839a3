import type { Channels } from '../../formats/channels.js';
import { LUMA } from '../../formats/luma.js';
import { channelsOf, type StimulusSize } from '../stimulus-size.js';
import type { SharedCore } from './architecture.js';

/** The filters of one wavelength, or one of another kind, side x side pixels each. */
export interface FilterBank {
  readonly side: number;
  /** [side, side, channels that they see, filters], row-major */
  readonly values: Float32Array;
  readonly filters: number;
}

/** Less than the square of any energy that matters; it keeps the gradient of the root finite. */
export const ENERGY_EPSILON = 1e-12;

/** Standard deviation of a Gabor's Gaussian, in wavelengths. */
const SIGMA = 0.5;
/** Standard deviation of the filter that sees the luminance, in pixels, and half of its side. */
const LUMINANCE = { sigma: 2, radius: 4 } as const;
export const LUMINANCE_SIDE = 2 * LUMINANCE.radius + 1;

/** Pixels along a side of the Gabor filters of a wavelength. */
export function gaborSide(wavelength: number): number {
  return 2 * Math.round(wavelength) + 1;
}

/** Numbers in all fixed filters together. */
export function fixedNumbers(
  { front, wavelengths, orientations }: SharedCore,
  stimulus: StimulusSize,
): number {
  if (front === 'pixels') return 0;
  return wavelengths.reduce(
    (sum, each) => sum + 2 * orientations * gaborSide(each) ** 2,
    LUMINANCE_SIDE ** 2 * channelsOf(stimulus) ** 2,
  );
}

/**
 * Gabor filters of a wavelength: for each orientation an even and an odd one, all even ones first. An even filter has
 * no response to a uniform image; the absolute values of each filter add up to 1.
 * @returns filters of 2 · round(wavelength) + 1 pixels
 * @example
 * gaborBank(4, 8) // 16 filters of 9 x 9 pixels
 */
export function gaborBank(wavelength: number, orientations: number): FilterBank {
  const side = gaborSide(wavelength);
  const filters = 2 * orientations;
  const values = new Float32Array(side * side * filters);
  const envelope = square(side, (x, y) => gaussian(x, y, SIGMA * wavelength));
  const weight = sum(envelope);
  for (let i = 0; i < orientations; i++) {
    const angle = (Math.PI * i) / orientations;
    const wave = (x: number, y: number) =>
      (2 * Math.PI * (x * Math.cos(angle) + y * Math.sin(angle))) / wavelength;
    const even = square(side, (x, y) => Math.cos(wave(x, y))).map(
      (value, k) => value * envelope[k]!,
    );
    const excess = sum(even) / weight;
    const odd = square(side, (x, y) => Math.sin(wave(x, y))).map(
      (value, k) => value * envelope[k]!,
    );
    setFilter(
      values,
      i,
      filters,
      even.map((value, k) => value - excess * envelope[k]!),
    );
    setFilter(values, orientations + i, filters, odd);
  }
  return { side, values, filters };
}

/** What is seen of the mean colour around a pixel, as weights of red, green and blue. */
const MEAN_COLOUR: Readonly<Record<Channels, readonly (readonly number[])[]>> = {
  1: [[1]],
  3: [
    LUMA,
    [1, -1, 0], // red less green
    [-0.5, -0.5, 1], // blue less yellow, the mean of red and green
  ],
};

/**
 * The filters whose responses are the luminance around a pixel and, of colour, red - green and blue - (red + green) / 2
 * there.
 */
export function meanBank(channels: Channels): FilterBank {
  const side = LUMINANCE_SIDE;
  const blur = new Float32Array(side * side);
  setFilter(
    blur,
    0,
    1,
    square(side, (x, y) => gaussian(x, y, LUMINANCE.sigma)),
  );
  const seen = MEAN_COLOUR[channels];
  const weights = Array.from({ length: channels }, (_, channel) =>
    seen.map((each) => each[channel]!),
  ).flat(); // [channels, filters]
  const values = Float32Array.from(
    { length: blur.length * weights.length },
    (_, i) => blur[Math.floor(i / weights.length)]! * weights[i % weights.length]!,
  );
  return { side, values, filters: seen.length };
}

/**
 * Channels that the fixed filters give: the luminance, of colour two differences, the energies, and the phases where they
 * are seen; those of the stimulus, where the pixels are seen themselves.
 */
export function fixedChannels(
  { front, wavelengths, orientations, phases }: SharedCore,
  stimulus: StimulusSize,
): number {
  const channels = channelsOf(stimulus);
  if (front === 'pixels') return channels;
  return channels + orientations * (wavelengths.length + 2 * Math.min(phases, wavelengths.length));
}

function gaussian(x: number, y: number, sigma: number): number {
  return Math.exp(-(x * x + y * y) / (2 * sigma * sigma));
}

/** The values of a function of x to the right and y downward, from the middle of a square. */
function square(side: number, of: (x: number, y: number) => number): Float64Array {
  const radius = (side - 1) / 2;
  return Float64Array.from({ length: side * side }, (_, k) =>
    of((k % side) - radius, Math.floor(k / side) - radius),
  );
}

function setFilter(values: Float32Array, filter: number, filters: number, own: Float64Array): void {
  const total = sum(own.map(Math.abs));
  for (const [k, value] of own.entries()) values[k * filters + filter] = value / total;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
