import { betterFit } from './fits/better-fit.js';
import { distanceToFall } from './fits/frequency.js';
import { fitIndex, type Undefined } from './indices.js';
import type { Fit, Index } from './schemas.js';

/** The two fits to responses over frequency. */
export interface FrequencyFits {
  readonly logGaussian: Fit;
  readonly gaussian: Fit;
}

type Parameters = Readonly<Record<string, number>>;

/**
 * Derives indices from the Gaussian in log frequency, or from the Gaussian in frequency if that explains
 * more. Heights are above b of the fit.
 * @param frequencies ascending
 * @param curve one response per frequency
 */
export function frequencyIndices(
  frequencies: readonly number[],
  curve: readonly number[],
  { logGaussian, gaussian }: FrequencyFits,
): Record<string, Index> {
  const fit = betterFit(logGaussian, gaussian);
  const [lowest, highest] = [frequencies[0]!, frequencies.at(-1)!];
  const isPresented = (frequency: number) => lowest <= frequency && frequency <= highest;
  const peak = curve.indexOf(Math.max(...curve));
  const within = (f0: number, value: () => number | Undefined): number | Undefined => {
    if (peak === 0) return { reason: 'the peak is at the lowest frequency presented' };
    if (peak === curve.length - 1)
      return { reason: 'the peak is at the highest frequency presented' };
    if (!isPresented(f0))
      return { reason: 'the peak of the fit is beyond the frequencies presented' };
    return value();
  };
  const flanks = ({ f0, sigma }: Parameters, share: number): readonly [number, number] => {
    const distance = distanceToFall(sigma!, share);
    return fit === gaussian
      ? [f0! - distance, f0! + distance]
      : [f0! * 2 ** -distance, f0! * 2 ** distance];
  };
  const flankIndex = (share: number, value: (low: number, high: number) => number) => {
    return (parameters: Parameters) =>
      within(parameters['f0']!, () => {
        const [low, high] = flanks(parameters, share);
        if (isPresented(low) && isPresented(high)) return value(low, high);
        return { reason: 'the fit falls to that height only beyond the frequencies presented' };
      });
  };
  return {
    preferredSpatialFrequency: fitIndex('f0 of the fit with the larger R^2', fit, ({ f0 }) =>
      within(f0!, () => f0!),
    ),
    spatialFrequencyBandwidth: fitIndex(
      'log2(f_high / f_low) at half height above b of the fit with the larger R^2, in octaves',
      fit,
      flankIndex(0.5, (low, high) => Math.log2(high / low)),
    ),
    lowHighRatio: fitIndex(
      'f_low / f_high at 0.707 of the height above b of the fit with the larger R^2',
      fit,
      flankIndex(Math.SQRT1_2, (low, high) => low / high),
    ),
  };
}
