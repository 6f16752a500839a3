import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Canvas } from '../stimulus/kinds.js';

type Entry = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Size of the example set; its strongest 1 % are six stimuli. */
export const TRY_COUNT = 600;
const SEED = 1;

/**
 * Returns example stimuli, the same every time: gabors, gratings, bars and discs of all orientations and
 * many sizes, most of them near the centre.
 */
export function trySet({ height, width, contrast }: Canvas): Entry[] {
  const random = xoroshiro128plus(SEED);
  const side = Math.min(height, width);
  const between = (low: number, high: number) => low + (high - low) * uniformFloat64(random);
  const ratio = (low: number, high: number) => low * (high / low) ** uniformFloat64(random);
  const sign = () => (uniformFloat64(random) < 0.5 ? -1 : 1);
  // The sum of three uniform numbers is nearly normal.
  const offset = (length: number) =>
    (length / 2) * ((between(-1, 1) + between(-1, 1) + between(-1, 1)) / 3);
  return Array.from({ length: TRY_COUNT }, () => {
    const common = {
      x: offset(width),
      y: offset(height),
      contrast: contrast * between(0.3, 1),
    };
    const turned = { ...common, orientation: between(0, 180) };
    const kind = uniformFloat64(random);
    if (kind < 0.6) {
      const wavelength = ratio(Math.max(2, side / 12), side / 2);
      const sigmaX = wavelength * between(0.3, 0.7);
      const sigmaY = sigmaX * between(0.8, 2);
      return { gabor: { ...turned, wavelength, sigmaX, sigmaY, phase: between(0, 360) } };
    }
    if (kind < 0.8) {
      const spatialFrequency = 1 / ratio(Math.max(2, side / 15), side / 2);
      const diameter = ratio(side / 6, 1.5 * side);
      return { grating: { ...turned, spatialFrequency, diameter, phase: between(0, 360) } };
    }
    const signed = { ...turned, contrast: sign() * common.contrast };
    if (kind < 0.9) {
      return { bar: { ...signed, length: ratio(side / 6, side), width: ratio(1, side / 6) } };
    }
    const { orientation: _, ...disc } = signed;
    return { disc: { ...disc, diameter: ratio(side / 15, side / 2) } };
  });
}
