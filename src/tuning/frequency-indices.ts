import { octavesToFall } from './fits/log-gaussian.js';
import { fitIndex, type Undefined } from './indices.js';
import type { Fit, Index } from './schemas.js';

/**
 * What a Gaussian in log frequency says, `fitLogGaussian`'s; heights are above its b.
 * @param frequencies ascending
 * @param curve one response per frequency
 */
export function frequencyIndices(
  frequencies: readonly number[],
  curve: readonly number[],
  fit: Fit,
): Record<string, Index> {
  const [lowest, highest] = [frequencies[0]!, frequencies.at(-1)!];
  const shown = (frequency: number) => lowest <= frequency && frequency <= highest;
  const peak = curve.indexOf(Math.max(...curve));
  const within = (f0: number, octaves: number, value: number): number | Undefined => {
    if (peak === 0) return { reason: 'the peak is at the lowest frequency shown' };
    if (peak === curve.length - 1) return { reason: 'the peak is at the highest frequency shown' };
    if (!shown(f0)) return { reason: 'the peak of the fit lies beyond the frequencies shown' };
    if (shown(f0 * 2 ** -octaves) && shown(f0 * 2 ** octaves)) return value;
    return { reason: 'the fit falls to that height only beyond the frequencies shown' };
  };
  return {
    preferredSpatialFrequency: fitIndex('f0 of the fit', fit, ({ f0 }) => within(f0!, 0, f0!)),
    spatialFrequencyBandwidth: fitIndex(
      'log2(f_high / f_low) at half height above b, in octaves',
      fit,
      ({ f0, sigma }) => {
        const octaves = octavesToFall(sigma!, 0.5);
        return within(f0!, octaves, 2 * octaves);
      },
    ),
    lowHighRatio: fitIndex(
      'f_low / f_high at 0.707 of the height above b',
      fit,
      ({ f0, sigma }) => {
        const octaves = octavesToFall(sigma!, Math.SQRT1_2);
        return within(f0!, octaves, 2 ** (-2 * octaves));
      },
    ),
  };
}
