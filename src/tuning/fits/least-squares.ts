import { levenbergMarquardt } from 'ml-levenberg-marquardt';
import type { Fit } from '../schemas.js';

/**
 * A function to be fitted: `b + amplitude * shape(x)`, or a sum of such. Parameter 0 is b; it and the
 * amplitudes are looked for on responses that were brought to 0..1.
 */
export interface Model {
  /** The function, in symbols. */
  readonly formula: string;
  readonly names: readonly string[];
  /** Which parameters grow with the responses, b left out. */
  readonly amplitudes: readonly string[];
  /** Least and greatest value of each parameter. */
  readonly least: readonly number[];
  readonly greatest: readonly number[];
  readonly value: (parameters: readonly number[]) => (x: number) => number;
  /** Its partial derivatives, in the order of the parameters. */
  readonly partials: (parameters: readonly number[]) => (x: number) => number[];
}

/** Steps of the library between two looks at the gradient. */
const STEPS = 5;
const MOST_ROUNDS = 80;
/**
 * Largest cosine between the residuals and a column of the Jacobian (MINPACK's gtol): what is aimed at,
 * and what is a minimum still, where steps in that column alone would gain 1e-8 of the sum of squares.
 */
const AIM = 1e-6;
const ORTHOGONAL = 1e-4;
/** Sum of squares, of responses in 0..1, at which a fit is exact. */
const EXACT = 1e-18;
/** Share of the total sum of squares that may be the rounding of float32 responses. */
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

/** Work that is done step by step, so that others can have their turn in between. */
export type Steps<T> = Generator<undefined, T>;

/** Does all steps without a pause. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Fits a model by least squares (Levenberg and Marquardt), from several starting points; the best end
 * counts. A step takes some milliseconds for a few hundred points.
 * @param responses `[points]`, in any unit
 * @param starts in units in which the responses go from 0 to 1
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
  const refuse = (reason: string): Fit => {
    return { model: formula, parameters: null, rSquared: null, converged: false, reason };
  };
  if (responses.length <= names.length) {
    return refuse(`needs more than ${names.length} responses, has ${responses.length}`);
  }
  if (!(range > 0)) return refuse('all responses are alike');
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

/** Goes down to a minimum from one starting point. */
function* descend(model: Model, data: Data, start: readonly number[]): Steps<Minimum> {
  let at: readonly number[] = start.map((value, k) =>
    Math.min(model.greatest[k]!, Math.max(model.least[k]!, value)),
  );
  let error = squares(model, data, at);
  let damping = 1e-3;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const { free, cosine } = look(model, data, at);
    if (cosine <= AIM || error < EXACT) return { at, error, converged: true };
    yield;
    const found = levenbergMarquardt(data, model.value, {
      initialValues: at,
      jacobianFunction: (parameters) => {
        const partials = model.partials(parameters);
        if (free.every(Boolean)) return partials;
        // one that may not move must not pull at the others
        return (point) => partials(point).map((partial, k) => (free[k] ? partial : 0));
      },
      damping,
      maxIterations: STEPS,
      errorTolerance: EXACT,
      minValues: model.least,
      maxValues: model.greatest,
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
  return { at, error, converged: rounded || look(model, data, at).cosine <= ORTHOGONAL };
}

/**
 * Looks at the gradient of the sum of squares.
 * @returns which parameters may move: those that do not press against the end of their range; and
 *   the largest cosine between the residuals and what one of these can change
 */
function look(
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
  // what grows with the residual's projection is a step towards larger values
  const free = at.map((_, k) => atBound(model, at, k) * along[k]! <= 0);
  const cosines = at.map((_, k) => {
    const size = Math.sqrt(residuals * lengths[k]!);
    return free[k] && size > 0 ? Math.abs(along[k]!) / size : 0;
  });
  return { free, cosine: Math.max(...cosines) };
}

/** 1 at the upper end of a parameter's range, -1 at the lower, else 0. */
function atBound({ least, greatest }: Model, at: readonly number[], k: number): -1 | 0 | 1 {
  if (at[k]! >= greatest[k]!) return 1;
  return at[k]! <= least[k]! ? -1 : 0;
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
