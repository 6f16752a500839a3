import type { Fit } from '../schemas.js';
import { centreSurround, onDisc } from './functions.js';
import { fitInSteps, type Model, type Steps } from './least-squares.js';

/**
 * Fits a centre and a suppressive surround, both Gaussian, to responses over the diameter of a disc. Each
 * contributes the share of its volume that the disc covers, 1 - e^(-D^2 / (8 sigma^2)).
 * The surround is wider than the centre: its sigma is `ratio` times the centre's.
 * @param diameters ascending, including D = 0 with the response to the blank
 */
export function* fitSize(diameters: readonly number[], responses: readonly number[]): Steps<Fit> {
  const largest = Math.max(...diameters);
  const smallest = Math.min(...diameters.filter((diameter) => diameter > 0));
  const model: Model = {
    formula:
      'b + Kc (1 - e^(-D^2 / (8 sigma^2))) - Ks (1 - e^(-D^2 / (8 (ratio sigma)^2))), ratio >= 1.1',
    names: ['b', 'Kc', 'Ks', 'sigma', 'ratio'],
    amplitudes: ['Kc', 'Ks'],
    min: [-5, 0, 0, smallest / 8, 1.1],
    max: [2, 30, 30, 2 * largest, 50],
    value: centreSurround,
    partials:
      ([, centre, surround, sigma, ratio]) =>
      (diameter) => {
        const [inCentre, centreBySigma] = onDisc(diameter, sigma!);
        const [inSurround, surroundByWidth] = onDisc(diameter, sigma! * ratio!);
        return [
          1,
          inCentre,
          -inSurround,
          centre! * centreBySigma - surround! * surroundByWidth * ratio!,
          -surround! * surroundByWidth * sigma!,
        ];
      },
  };
  const peak = Math.max(smallest, diameters[responses.indexOf(Math.max(...responses))]!);
  const starts = [
    [0, 1, 0.3, peak / 4, 2.5],
    [0, 1.5, 1, peak / 3, 1.5],
    [0, 1, 0.1, peak / 6, 6],
    [0, 1, 0, peak / 3, 2],
  ];
  return yield* fitInSteps(model, diameters, responses, starts);
}

/** Returns the fitted response over diameter. @param parameters the parameters of the fit in a result */
export function sizeResponse({
  b,
  Kc,
  Ks,
  sigma,
  ratio,
}: Readonly<Record<string, number>>): (diameter: number) => number {
  return centreSurround([b!, Kc!, Ks!, sigma!, ratio!]);
}

/** The diameter at which the fitted response is largest; infinite without suppression. */
export function bestDiameter({ Kc, Ks, sigma, ratio }: Readonly<Record<string, number>>): number {
  if (!(Ks! > 0)) return Number.POSITIVE_INFINITY;
  const log = Math.log((Kc! * ratio! ** 2) / Ks!);
  return log <= 0 ? 0 : Math.sqrt((8 * sigma! ** 2 * log) / (1 - ratio! ** -2));
}
