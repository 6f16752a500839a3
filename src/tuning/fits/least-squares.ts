import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import type { Fit } from '../schemas.js';

/**
 * A function to be fitted: `b + amplitude * shape(x)`, or a sum of such terms. Parameter 0 is b. The fit
 * scales the responses to 0..1, and b and the amplitudes with them.
 */
export interface Model {
  /** The function, in symbols. */
  readonly formula: string;
  readonly names: readonly string[];
  /** The parameters, other than b, that are proportional to the responses. */
  readonly amplitudes: readonly string[];
  /** The smallest and the largest value of each parameter. */
  readonly min: readonly number[];
  readonly max: readonly number[];
  readonly value: (parameters: readonly number[]) => (x: number) => number;
  /** The partial derivatives, in the order of the parameters. */
  readonly partials: (parameters: readonly number[]) => (x: number) => number[];
}

/** The number of iterations of the library between two checks of the gradient. */
const ITERATIONS = 5;
const MAX_ROUNDS = 80;
/**
 * The largest cosine between the residuals and a column of the Jacobian (MINPACK's gtol): the aim, and the
 * largest that still counts as a minimum, where a step along one column gains 1e-8 of the sum of squares.
 */
const AIM = 1e-6;
const ORTHOGONAL = 1e-4;
/** A fit is exact below this sum of squares, with responses in 0..1. */
const EXACT = 1e-18;
/** The share of the total sum of squares that the rounding of float32 responses can cause. */
const ROUNDING = 1e-10;

interface Data {
  readonly x: ArrayLike<number>;
  readonly y: Float64Array;
}

interface Minimum {
  readonly at: readonly number[];
  readonly error: number;
  readonly converged: boolean;
}

/**
 * Work in steps of a few milliseconds. Tuning routes fit curves on the event loop of the service, which handles
 * other requests between the steps.
 */
export type Steps<T> = Generator<undefined, T>;

/** Runs all steps without a pause. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Fits a model by least squares (Levenberg and Marquardt) from several starting points, and returns the best
 * result.
 * @param responses `[points]`, in any unit
 * @param starts parameters for responses that are scaled to 0..1
 */
export function* fitInSteps(
  model: Model,
  x: ArrayLike<number>,
  responses: ArrayLike<number>,
  starts: readonly (readonly number[])[],
): Steps<Fit> {
  const { formula, names } = model;
  const low = Math.min(...Array.from(responses));
  const range = Math.max(...Array.from(responses)) - low;
  const reject = (reason: string): Fit => {
    return { model: formula, parameters: null, rSquared: null, converged: false, reason };
  };
  if (responses.length <= names.length) {
    return reject(`needs more than ${names.length} responses, has ${responses.length}`);
  }
  if (!(range > 0)) return reject('all responses are equal');
  const y = Float64Array.from(responses, (response) => (response - low) / range);
  let best: Minimum | undefined;
  for (const start of starts) {
    const minimum = yield* descend(model, { x, y }, start);
    if (best === undefined || minimum.error < best.error) best = minimum;
    if (best.error < EXACT) break;
  }
  if (best === undefined) throw new Error('a fit needs a point to start from');
  const { at, error, converged } = best;
  return {
    model: formula,
    parameters: Object.fromEntries(
      names.map((name, k) => {
        const scaled = model.amplitudes.includes(name) ? at[k]! * range : at[k]!;
        return [name, k === 0 ? low + at[k]! * range : scaled];
      }),
    ),
    rSquared: 1 - error / totalSquares(y),
    converged,
    atBound: names.filter((_, k) => atBound(model, at, k) !== 0),
  };
}

/** Descends to a minimum from one starting point. */
function* descend(model: Model, data: Data, start: readonly number[]): Steps<Minimum> {
  let at: readonly number[] = start.map((value, k) =>
    Math.min(model.max[k]!, Math.max(model.min[k]!, value)),
  );
  let error = squares(model, data, at);
  let damping = 1e-3;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const { free, cosine } = measureGradient(model, data, at);
    if (cosine <= AIM || error < EXACT) return { at, error, converged: true };
    yield;
    const found = levenbergMarquardt(data, model.value, {
      initialValues: at,
      jacobianFunction: (parameters) => {
        const partials = model.partials(parameters);
        if (free.every(Boolean)) return partials;
        // A parameter that is fixed at its bound must not affect the others.
        return (point) => partials(point).map((partial, k) => (free[k] ? partial : 0));
      },
      damping,
      maxIterations: ITERATIONS,
      errorTolerance: EXACT,
      minValues: model.min,
      maxValues: model.max,
    });
    if (found.parameterError < error) {
      damping = 1e-3;
      at = found.parameterValues;
      error = found.parameterError;
    } else if (damping > 1e3) {
      break;
    } else {
      damping *= 100;
    }
  }
  const rounded = error < ROUNDING * totalSquares(data.y);
  return { at, error, converged: rounded || measureGradient(model, data, at).cosine <= ORTHOGONAL };
}

/**
 * Measures the gradient of the sum of squares.
 * @returns which parameters are free, since the gradient does not push them beyond a bound, and the largest
 *   cosine between the residuals and the partial derivative by a free parameter
 */
function measureGradient(
  model: Model,
  { x, y }: Data,
  at: readonly number[],
): { readonly free: boolean[]; readonly cosine: number } {
  const value = model.value(at);
  const partials = model.partials(at);
  const along = at.map(() => 0);
  const lengths = at.map(() => 0);
  let residuals = 0;
  for (let i = 0; i < y.length; i += 1) {
    const residual = y[i]! - value(x[i]!);
    residuals += residual * residual;
    for (const [k, partial] of partials(x[i]!).entries()) {
      along[k]! += partial * residual;
      lengths[k]! += partial * partial;
    }
  }
  // A positive projection of the residuals requires a larger value.
  const free = at.map((_, k) => atBound(model, at, k) * along[k]! <= 0);
  const cosines = at.map((_, k) => {
    const size = Math.sqrt(residuals * lengths[k]!);
    return free[k] && size > 0 ? Math.abs(along[k]!) / size : 0;
  });
  return { free, cosine: Math.max(...cosines) };
}

/** Returns 1 at the upper bound of a parameter, -1 at the lower bound, and otherwise 0. */
function atBound({ min, max }: Model, at: readonly number[], k: number): -1 | 0 | 1 {
  if (at[k]! >= max[k]!) return 1;
  return at[k]! <= min[k]! ? -1 : 0;
}

function squares(model: Model, { x, y }: Data, at: readonly number[]): number {
  const value = model.value(at);
  let sum = 0;
  for (let i = 0; i < y.length; i += 1) sum += (y[i]! - value(x[i]!)) ** 2;
  return sum;
}

function totalSquares(y: Float64Array): number {
  const mean = y.reduce((sum, value) => sum + value / y.length, 0);
  return y.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
