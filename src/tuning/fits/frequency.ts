import type { Fit } from '../schemas.js';
import { gaussian } from './functions.js';
import { fitInSteps, type Model, type Steps } from './least-squares.js';

const OCTAVES_BEYOND = 4;

/**
 * Fits a Gaussian in log frequency: preferred frequency f0, and its standard deviation sigma in octaves.
 * @param frequencies above 0, in any unit
 */
export function* fitLogGaussian(
  frequencies: readonly number[],
  responses: readonly number[],
): Steps<Fit> {
  const x = frequencies.map(Math.log2);
  const peak = x[peakIndex(responses)]!;
  const bump = gaussianModel('b + A e^(-(log2(f / f0))^2 / (2 sigma^2))', {
    centre: [Math.min(...x) - OCTAVES_BEYOND, Math.max(...x) + OCTAVES_BEYOND],
    sigma: [0.02, 10],
  });
  const starts = [0.4, 1, 2].map((sigma) => [0, 1, peak, sigma]);
  const fit = yield* fitInSteps(bump, x, responses, starts);
  if (fit.parameters === null) return fit;
  return { ...fit, parameters: { ...fit.parameters, f0: 2 ** fit.parameters['f0']! } };
}

/**
 * Fits a Gaussian in frequency, which is the tuning of a Gabor filter.
 * @param frequencies above 0, in any unit
 */
export function* fitGaussian(
  frequencies: readonly number[],
  responses: readonly number[],
): Steps<Fit> {
  const highest = Math.max(...frequencies);
  const peak = frequencies[peakIndex(responses)]!;
  const bump = gaussianModel('b + A e^(-(f - f0)^2 / (2 sigma^2))', {
    centre: [-highest, 2 * highest],
    sigma: [highest / 1000, 10 * highest],
  });
  const starts = [0.2, 0.5, 1].map((share) => [0, 1, peak, share * peak]);
  return yield* fitInSteps(bump, frequencies, responses, starts);
}

/** The distance from the peak of a Gaussian to where it falls to `share` of its height above b. */
export function distanceToFall(sigma: number, share: number): number {
  return sigma * Math.sqrt(-2 * Math.log(share));
}

interface Range {
  readonly centre: readonly [number, number];
  readonly sigma: readonly [number, number];
}

function gaussianModel(formula: string, { centre, sigma }: Range): Model {
  return {
    formula,
    names: ['b', 'A', 'f0', 'sigma'],
    amplitudes: ['A'],
    min: [-20, 0, centre[0], sigma[0]],
    max: [1, 40, centre[1], sigma[1]],
    value: gaussian,
    partials:
      ([, a, at, width]) =>
      (x) => {
        const z = (x - at!) / width!;
        const bump = Math.exp(-(z * z) / 2);
        return [1, bump, (a! * bump * z) / width!, (a! * bump * z * z) / width!];
      },
  };
}

function peakIndex(responses: readonly number[]): number {
  return responses.indexOf(Math.max(...responses));
}
