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
  const at = (i: number) => [x[i % x.length]!, y[Math.floor(i / x.length)]!] as const;
  const [width, height] = [x, y].map((axis) => Math.max(...axis) - Math.min(...axis));
  const span = Math.max(width!, height!);
  const step = span / Math.max(1, Math.max(x.length, y.length) - 1);
  const fit = yield* fitInSteps(gaussian(at, x, y, step / 4, 2 * span), points, map, [
    startAt(map, at, 0.5, step),
    startAt(map, at, 0.8, step),
  ]);
  return fit.parameters === null ? fit : { ...fit, parameters: canonical(fit.parameters) };
}

function gaussian(
  at: (point: number) => readonly [number, number],
  x: readonly number[],
  y: readonly number[],
  narrowest: number,
  widest: number,
): Model {
  /** Of a point: its place along both axes of the Gaussian, in their sigmas, and its height there. */
  const bump = ([, , x0, y0, sigma1, sigma2, theta]: readonly number[]) => {
    const [cos, sin] = [Math.cos(theta!), Math.sin(theta!)];
    return (point: number) => {
      const [dx, dy] = [at(point)[0] - x0!, at(point)[1] - y0!];
      const [u, v] = [(dx * cos + dy * sin) / sigma1!, (dy * cos - dx * sin) / sigma2!];
      return { u, v, cos, sin, height: Math.exp(-(u * u + v * v) / 2) };
    };
  };
  const angle = Number.POSITIVE_INFINITY;
  return {
    formula:
      'b + A e^(-u^2 / (2 sigma1^2) - v^2 / (2 sigma2^2)), (u, v) = (x - x0, y - y0) turned by -theta',
    names: ['b', 'A', 'x0', 'y0', 'sigma1', 'sigma2', 'theta'],
    amplitudes: ['A'],
    least: [-20, 0, Math.min(...x), Math.min(...y), narrowest, narrowest, -angle],
    greatest: [1, 40, Math.max(...x), Math.max(...y), widest, widest, angle],
    value: (p) => {
      const of = bump(p);
      return (point) => p[0]! + p[1]! * of(point).height;
    },
    partials: (p) => {
      const of = bump(p);
      const [sigma1, sigma2] = [p[4]!, p[5]!];
      return (point) => {
        const { u, v, cos, sin, height } = of(point);
        const response = p[1]! * height;
        const [byU, byV] = [(response * u) / sigma1, (response * v) / sigma2];
        return [
          1,
          height,
          byU * cos - byV * sin,
          byU * sin + byV * cos,
          byU * u,
          byV * v,
          response * u * v * (sigma1 / sigma2 - sigma2 / sigma1),
        ];
      };
    },
  };
}

/** The Gaussian with the mean and the covariance of what exceeds `share` of the map's range. */
function startAt(
  map: ArrayLike<number>,
  at: (point: number) => readonly [number, number],
  share: number,
  step: number,
): number[] {
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
  // the tip of a Gaussian is narrower than the whole
  const sigma = (variance: number) => Math.max(step / 2, 1.5 * Math.sqrt(Math.max(0, variance)));
  return [0, 1, x0, y0, sigma(middle + half), 0.9 * sigma(middle - half), theta];
}

function canonical(fitted: Readonly<Record<string, number>>): Record<string, number> {
  const { sigma1, sigma2, theta } = fitted;
  const turned = sigma1! < sigma2!;
  const degrees = (theta! * 180) / Math.PI + (turned ? 90 : 0);
  return {
    ...fitted,
    sigma1: turned ? sigma2! : sigma1!,
    sigma2: turned ? sigma1! : sigma2!,
    theta: ((degrees % 180) + 180) % 180,
  };
}
