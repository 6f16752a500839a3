import type { Steps } from '../fits/least-squares.js';
import type { CurveTuning, Index } from '../schemas.js';

/** The parameters of a fit by their names, in the units of a result. */
export type Parameters = Readonly<Record<string, number>>;

/** A function that is fitted to a curve. */
interface FittedFunction {
  readonly label: string;
  /** Returns the function from a value of the swept parameter, in its unit, to the fitted response. */
  readonly response: (parameters: Parameters) => (value: number) => number;
}

/** The label of an index, and its unit, '1' for a plain number. */
export interface IndexLabel {
  readonly label: string;
  readonly unit: string;
  /** The period in degrees, of an angle. */
  readonly period?: 180 | 360;
}

/** A sweep of one parameter of a stimulus. */
export interface SweptParameter {
  /** The kind of the stimulus, such as `grating`. */
  readonly kind: string;
  /** The fields of the stimulus that the request gives. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The values of the parameter. */
  readonly values: readonly number[];
}

/** A dimension of tuning: the parameters that belong to it, its fits and its indices. */
export interface Dimension {
  /** The names of the stimulus parameters that this dimension measures. */
  readonly parameters: readonly string[];
  /** Whether the dimension measures this sweep of one of its parameters; by default it measures each. */
  readonly measures?: (sweep: SweptParameter) => boolean;
  readonly label: string;
  readonly axisLabel: string;
  readonly unit: string;
  readonly scale: 'linear' | 'log';
  /** The period in degrees, of an angle. */
  readonly period?: 180 | 360;
  /** Whether a stimulus of value 0 is the blank, whose response then enters the fits at 0. */
  readonly zeroIsBlank: boolean;
  readonly fits: Readonly<Record<string, FittedFunction>>;
  /** The names of fits; the page draws the one that explains more. */
  readonly drawnFits: readonly string[];
  readonly indices: Readonly<Record<string, IndexLabel>>;
}

/** Responses along one parameter, by ascending values, without 0 if that is the blank. */
export interface AscendingCurve {
  readonly values: readonly number[];
  /** One response per value, in the same order. */
  readonly responses: readonly number[];
  /** The response to the blank image. */
  readonly blank: number;
}

/** Fits functions to a curve and derives indices. */
export type Analysis = (curve: AscendingCurve) => Steps<CurveTuning>;

export type Indices = Record<string, Index>;

/** Evaluates a response at another measure of the value, such as its logarithm. */
export function along(
  measure: (value: number) => number,
  response: (value: number) => number,
): (value: number) => number {
  return (value) => response(measure(value));
}

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;
