import type { Fit } from '../schemas.js';
import { fitCurve, type Model } from './least-squares.js';

const OCTAVES_BEYOND = 4;

/**
 * Fits a Gaussian in log frequency: preferred frequency f0, and its standard deviation sigma in octaves.
 * @param frequencies above 0, in any unit
 */
export function fitLogGaussian(frequencies: readonly number[], responses: readonly number[]): Fit {
  const x = frequencies.map(Math.log2);
  const model: Model = {
    formula: 'b + A e^(-(log2(f / f0))^2 / (2 sigma^2))',
    names: ['b', 'A', 'f0', 'sigma'],
    amplitudes: ['A'],
    least: [-20, 0, Math.min(...x) - OCTAVES_BEYOND, 0.02],
    greatest: [1, 40, Math.max(...x) + OCTAVES_BEYOND, 10],
    value:
      ([b, a, centre, sigma]) =>
      (at) =>
        b! + a! * Math.exp(-(((at - centre!) / sigma!) ** 2) / 2),
    partials:
      ([, a, centre, sigma]) =>
      (at) => {
        const z = (at - centre!) / sigma!;
        const bump = Math.exp(-(z * z) / 2);
        return [1, bump, (a! * bump * z) / sigma!, (a! * bump * z * z) / sigma!];
      },
  };
  const peak = x[responses.indexOf(Math.max(...responses))]!;
  const starts = [0.4, 1, 2].map((sigma) => [0, 1, peak, sigma]);
  const fit = fitCurve(model, x, responses, starts);
  if (fit.parameters === null) return fit;
  return { ...fit, parameters: { ...fit.parameters, f0: 2 ** fit.parameters['f0']! } };
}

/** From the peak of the Gaussian to where it, above b, falls to `share` of its height, in octaves. */
export function octavesToFall(sigma: number, share: number): number {
  return sigma * Math.sqrt(-2 * Math.log(share));
}
