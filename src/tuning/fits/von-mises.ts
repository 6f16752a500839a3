import type { Fit } from '../schemas.js';
import { directionBumps, orientationBump } from './functions.js';
import { fitInSteps, type Model, type Steps } from './least-squares.js';

const DEGREE = Math.PI / 180;
const MAX_KAPPA = 200;
/** The starting values of kappa: a broad, a usual and a narrow curve. */
const KAPPAS = [0.7, 3, 12];
const UNBOUNDED = Number.POSITIVE_INFINITY;

/** x in radians. */
const ORIENTATION: Model = {
  formula: 'b + A e^(kappa (cos 2(x - mu) - 1))',
  names: ['b', 'A', 'kappa', 'mu'],
  amplitudes: ['A'],
  min: [-20, 0, 1e-3, -UNBOUNDED],
  max: [1, 40, MAX_KAPPA, UNBOUNDED],
  value: orientationBump,
  partials:
    ([, a, kappa, mu]) =>
    (x) => {
      const beyond = Math.cos(2 * (x - mu!)) - 1;
      const bump = Math.exp(kappa! * beyond);
      return [1, bump, a! * beyond * bump, 2 * a! * kappa! * Math.sin(2 * (x - mu!)) * bump];
    },
};

/** x in radians. */
const DIRECTION: Model = {
  formula: 'b + A [phi e^(kappa (cos(x - mu) - 1)) + (1 - phi) e^(kappa (-cos(x - mu) - 1))]',
  names: ['b', 'A', 'kappa', 'mu', 'phi'],
  amplitudes: ['A'],
  min: [-20, 0, 1e-3, -UNBOUNDED, 0],
  max: [1, 40, MAX_KAPPA, UNBOUNDED, 1],
  value: directionBumps,
  partials:
    ([, a, kappa, mu, phi]) =>
    (x) => {
      const cos = Math.cos(x - mu!);
      const there = phi! * Math.exp(kappa! * (cos - 1));
      const back = (1 - phi!) * Math.exp(kappa! * (-cos - 1));
      return [
        1,
        there + back,
        a! * ((cos - 1) * there + (-cos - 1) * back),
        a! * kappa! * Math.sin(x - mu!) * (there - back),
        a! * (Math.exp(kappa! * (cos - 1)) - Math.exp(kappa! * (-cos - 1))),
      ];
    },
};

/**
 * Fits one von Mises bump to responses over orientation.
 * @param orientations degrees; the fit's mu is in [0, 180)
 */
export function* fitOrientation(
  orientations: readonly number[],
  responses: readonly number[],
): Steps<Fit> {
  return yield* fitAngles(ORIENTATION, orientations, responses, 180);
}

/**
 * Fits two von Mises bumps of one width, at opposite directions, to responses over direction.
 * @param directions degrees; the fit's mu, in [0, 360), is the direction of the larger bump, phi >= 0.5
 */
export function* fitDirection(
  directions: readonly number[],
  responses: readonly number[],
): Steps<Fit> {
  const fit = yield* fitAngles(DIRECTION, directions, responses, 360);
  if (fit.parameters === null || fit.parameters['phi']! >= 0.5) return fit;
  const { mu, phi } = fit.parameters;
  const turned = { mu: modulo(mu! + 180, 360), phi: 1 - phi! };
  return { ...fit, parameters: { ...fit.parameters, ...turned } };
}

/**
 * Half the width of one bump, in degrees, at the height half way between its value at mu and its smallest
 * value, which is 90 degrees away for orientation and for direction.
 * @param period 180 for orientations, 360 for directions
 */
export function halfWidth(kappa: number, period: 180 | 360): number {
  // The cosine falls to -1 for orientation and, half way to the other bump, to 0 for direction.
  const depth = period === 180 ? 2 : 1;
  const cosine = 1 + Math.log((1 + Math.exp(-depth * kappa)) / 2) / kappa;
  return (Math.acos(cosine) / DEGREE) * (period / 360);
}

function* fitAngles(
  model: Model,
  angles: readonly number[],
  responses: readonly number[],
  period: 180 | 360,
): Steps<Fit> {
  const x = angles.map((angle) => angle * DEGREE);
  const peak = x[responses.indexOf(Math.max(...responses))]!;
  const starts = KAPPAS.map((kappa) => [0, 1, kappa, peak, 0.7].slice(0, model.names.length));
  const fit = yield* fitInSteps(model, x, responses, starts);
  if (fit.parameters === null) return fit;
  const mu = modulo(fit.parameters['mu']! / DEGREE, period);
  return { ...fit, parameters: { ...fit.parameters, mu } };
}

function modulo(value: number, period: number): number {
  return ((value % period) + period) % period;
}
