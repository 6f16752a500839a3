import type { Fit } from '../schemas.js';
import { fitInSteps, type Model, type Steps } from './least-squares.js';

/**
 * Fits a two-dimensional Gaussian to a map of responses over positions.
 * @param x positions of the columns, in order, in pixels from the image centre, to the right
 * @param y positions of the rows, in order, in pixels from the image centre, upwards
 * @param map `[y, x]`, row by row
 * @returns x0, y0; the standard deviations sigma1 >= sigma2, and the direction of the first, in degrees
 *   counter-clockwise from right, in [0, 180)
 */
export function* fitPosition(
  x: readonly number[],
  y: readonly number[],
  map: ArrayLike<number>,
): Steps<Fit> {
  const points = Array.from(map, (_, i) => i);
  const at: Position = (i) => [x[i % x.length]!, y[Math.floor(i / x.length)]!];
  const [width, height] = [x, y].map((axis) => Math.max(...axis) - Math.min(...axis));
  const span = Math.max(width!, height!);
  const step = span / Math.max(1, Math.max(x.length, y.length) - 1);
  const [minSigma, maxSigma] = [step / 4, 2 * span];
  const starts = [0.5, 0.8].map((share) => startAt(map, at, share, step));
  const fitShape = (shape: Shape) =>
    fitInSteps(
      gaussian(at, x, y, shape),
      points,
      map,
      starts.map((start) => [0, 1, start.x0, start.y0, ...shape.fromAxes(start)]),
    );
  const fit = yield* fitShape(triangular(minSigma, maxSigma));
  if (fit.parameters === null) return fit;
  const { l1, l2, l3, ...others } = fit.parameters;
  const axes = computeAxes([l1!, l2!, 0, l3!]);
  const isLimited = fit.atBound.some((name) => !(name in others));
  if (!isLimited && minSigma < axes.sigma2 && axes.sigma1 < maxSigma) {
    return { ...fit, parameters: { ...others, ...axes, theta: toDegrees(axes.theta) } };
  }
  // The limits apply to the standard deviations, so near a limit these are the fitted parameters.
  return orderAxes(yield* fitShape(elliptical(minSigma, maxSigma)));
}

/** The position of a point of the map, by its index. */
type Position = (point: number) => readonly [x: number, y: number];

/** Standard deviations along two axes at right angles, and the direction of the first in radians. */
interface Axes {
  readonly sigma1: number;
  readonly sigma2: number;
  readonly theta: number;
}

/** A matrix, row by row: it maps a distance from the centre to (u, v), where the height is e^(-(u^2 + v^2) / 2). */
type Matrix = readonly [ux: number, uy: number, vx: number, vy: number];

/** Three parameters that describe the widths and the direction of a Gaussian. */
interface Shape {
  readonly names: readonly [string, string, string];
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly fromAxes: (axes: Axes) => readonly number[];
  readonly matrix: (parameters: readonly number[]) => Matrix;
  /** The partial derivatives of (u^2 + v^2) / 2 at a distance from the centre. */
  readonly partials: (
    parameters: readonly number[],
    dx: number,
    dy: number,
    u: number,
    v: number,
  ) => readonly [number, number, number];
}

/** The elements of a triangular matrix are defined also where the Gaussian is circular, and theta is not. */
function triangular(minSigma: number, maxSigma: number): Shape {
  const [low, high] = [1 / maxSigma, 1 / minSigma];
  return {
    names: ['l1', 'l2', 'l3'],
    min: [low, -high, low],
    max: [high, high, high],
    fromAxes: ({ sigma1, sigma2, theta }) => {
      const [cos, sin] = [Math.cos(theta), Math.sin(theta)];
      const l1 = Math.hypot(cos / sigma1, sin / sigma2);
      return [l1, (cos * sin * (sigma1 ** -2 - sigma2 ** -2)) / l1, 1 / (sigma1 * sigma2 * l1)];
    },
    matrix: ([l1, l2, l3]) => [l1!, l2!, 0, l3!],
    partials: (_, dx, dy, u, v) => [u * dx, u * dy, v * dy],
  };
}

/** The standard deviations and theta, which keep each standard deviation within its limits. */
function elliptical(minSigma: number, maxSigma: number): Shape {
  const unlimited = Number.POSITIVE_INFINITY;
  return {
    names: ['sigma1', 'sigma2', 'theta'],
    min: [minSigma, minSigma, -unlimited],
    max: [maxSigma, maxSigma, unlimited],
    // Theta has no effect on a circle, so the fit starts from an ellipse.
    fromAxes: ({ sigma1, sigma2, theta }) => [sigma1, 0.9 * sigma2, theta],
    matrix: ([sigma1, sigma2, theta]) => {
      const [cos, sin] = [Math.cos(theta!), Math.sin(theta!)];
      return [cos / sigma1!, sin / sigma1!, -sin / sigma2!, cos / sigma2!];
    },
    partials: ([sigma1, sigma2], _dx, _dy, u, v) => [
      (-u * u) / sigma1!,
      (-v * v) / sigma2!,
      u * v * (sigma2! / sigma1! - sigma1! / sigma2!),
    ],
  };
}

function gaussian(at: Position, x: readonly number[], y: readonly number[], shape: Shape): Model {
  const evaluate = (p: readonly number[]) => {
    const [, , x0, y0, ...widths] = p;
    const [ux, uy, vx, vy] = shape.matrix(widths);
    return (point: number) => {
      const [px, py] = at(point);
      const [dx, dy] = [px - x0!, py - y0!];
      const [u, v] = [ux * dx + uy * dy, vx * dx + vy * dy];
      return { dx, dy, u, v, height: Math.exp(-(u * u + v * v) / 2) };
    };
  };
  return {
    formula:
      'b + A e^(-u^2 / (2 sigma1^2) - v^2 / (2 sigma2^2)), (u, v) = (x - x0, y - y0) turned by -theta',
    names: ['b', 'A', 'x0', 'y0', ...shape.names],
    amplitudes: ['A'],
    min: [-20, 0, Math.min(...x), Math.min(...y), ...shape.min],
    max: [1, 40, Math.max(...x), Math.max(...y), ...shape.max],
    value: (p) => {
      const gaussianAt = evaluate(p);
      return (point) => p[0]! + p[1]! * gaussianAt(point).height;
    },
    partials: (p) => {
      const gaussianAt = evaluate(p);
      const widths = p.slice(4);
      const [ux, uy, vx, vy] = shape.matrix(widths);
      return (point) => {
        const { dx, dy, u, v, height } = gaussianAt(point);
        const response = p[1]! * height;
        const [first, second, third] = shape.partials(widths, dx, dy, u, v);
        return [
          1,
          height,
          response * (u * ux + v * vx),
          response * (u * uy + v * vy),
          -response * first,
          -response * second,
          -response * third,
        ];
      };
    },
  };
}

/** Computes the axes of a Gaussian, sigma1 >= sigma2. */
function computeAxes([ux, uy, vx, vy]: Matrix): Axes {
  const [xx, xy, yy] = [ux * ux + vx * vx, ux * uy + vx * vy, uy * uy + vy * vy];
  const largest = Math.sqrt((xx + yy) / 2 + Math.hypot((xx - yy) / 2, xy));
  return {
    sigma1: largest / Math.abs(ux * vy - uy * vx),
    sigma2: 1 / largest,
    theta: (Math.atan2(2 * xy, xx - yy) + Math.PI) / 2,
  };
}

/** Returns the Gaussian with the mean and the covariance of the responses above `share` of the map's range. */
function startAt(
  map: ArrayLike<number>,
  at: Position,
  share: number,
  step: number,
): Axes & { readonly x0: number; readonly y0: number } {
  const values = Array.from(map);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const weights = values.map((value) => Math.max(0, (value - low) / (high - low) - share));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const mean = (of: (point: number) => number) =>
    weights.reduce((total, weight, i) => total + (weight * of(i)) / sum, 0);
  const [x0, y0] = [mean((i) => at(i)[0]), mean((i) => at(i)[1])];
  const xx = mean((i) => (at(i)[0] - x0) ** 2);
  const yy = mean((i) => (at(i)[1] - y0) ** 2);
  const xy = mean((i) => (at(i)[0] - x0) * (at(i)[1] - y0));
  const theta = Math.atan2(2 * xy, xx - yy) / 2;
  const [middle, half] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  // The tip of a Gaussian is narrower than the whole.
  const sigma = (variance: number) => Math.max(step / 2, 1.5 * Math.sqrt(Math.max(0, variance)));
  return { x0, y0, sigma1: sigma(middle + half), sigma2: sigma(middle - half), theta };
}

/** Names the axes so that sigma1 >= sigma2, and converts theta to degrees. */
function orderAxes(fit: Fit): Fit {
  if (fit.parameters === null) return fit;
  const { sigma1, sigma2, theta, ...others } = fit.parameters;
  if (sigma1! >= sigma2!) {
    return {
      ...fit,
      parameters: { ...others, sigma1: sigma1!, sigma2: sigma2!, theta: toDegrees(theta!) },
    };
  }
  const swapped: Readonly<Record<string, string>> = { sigma1: 'sigma2', sigma2: 'sigma1' };
  return {
    ...fit,
    parameters: {
      ...others,
      sigma1: sigma2!,
      sigma2: sigma1!,
      theta: toDegrees(theta! + Math.PI / 2),
    },
    atBound: fit.atBound.map((name) => swapped[name] ?? name),
  };
}

/** Converts the direction of an axis to degrees in [0, 180). */
function toDegrees(theta: number): number {
  const degrees = (theta * 180) / Math.PI;
  return ((degrees % 180) + 180) % 180;
}
