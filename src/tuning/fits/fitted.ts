import type { Fit } from '../schemas.js';
import {
  centreSurround,
  directionBumps,
  gaussian,
  nakaRushton,
  orientationBump,
  supersaturating,
} from './functions.js';

/** Of a fit, by their names. */
type Parameters = Readonly<Record<string, number>>;
type Response = (value: number) => number;

const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** By what is swept and the name of the fit; parameters and values as an answer has them. */
const RESPONSES = {
  orientation: {
    vonMises: ({ b, A, kappa, mu }) =>
      along(radians, orientationBump([b!, A!, kappa!, radians(mu!)])),
  },
  direction: {
    vonMises: ({ b, A, kappa, mu, phi }) =>
      along(radians, directionBumps([b!, A!, kappa!, radians(mu!), phi!])),
  },
  spatialFrequency: {
    logGaussian: ({ b, A, f0, sigma }) =>
      along(Math.log2, gaussian([b!, A!, Math.log2(f0!), sigma!])),
    gaussian: ({ b, A, f0, sigma }) => gaussian([b!, A!, f0!, sigma!]),
  },
  size: {
    differenceOfGaussians: ({ b, Kc, Ks, sigma, ratio }) =>
      centreSurround([b!, Kc!, Ks!, sigma!, ratio!]),
  },
  contrast: {
    nakaRushton: ({ b, Rmax, c50, n }) =>
      along(Math.log, nakaRushton([b!, Rmax!, Math.log(c50!), n!])),
    supersaturating: ({ b, A, c50, n, s }) =>
      along(Math.log, supersaturating([b!, A!, Math.log(c50!), n!, s!])),
  },
} as const satisfies Readonly<Record<string, Record<string, (parameters: Parameters) => Response>>>;

/** What is swept where a function is fitted. */
export type FittedDimension = keyof typeof RESPONSES;

/**
 * The curve that was fitted.
 * @param name of the fit, as an answer has it
 * @param parameters of the fit, as an answer has them
 * @returns of a value of what was swept, in its unit, the response
 */
export function fittedResponse(
  dimension: FittedDimension,
  name: string,
  parameters: Parameters,
): Response {
  const ofDimension: Readonly<Record<string, (parameters: Parameters) => Response>> =
    RESPONSES[dimension];
  const response = ofDimension[name];
  if (response === undefined) throw new Error(`no fit of ${dimension} is called ${name}`);
  return response(parameters);
}

/** The one of two fits to the same responses that explains more of them; of none, the first. */
export function betterFit(first: Fit, second: Fit): Fit {
  if (!second.converged) return first;
  return !first.converged || second.rSquared > first.rSquared ? second : first;
}

function along(unit: (value: number) => number, response: Response): Response {
  return (value) => response(unit(value));
}
