import type { Steps } from '../fits/least-squares.js';
import type { CurveTuning, Index } from '../schemas.js';

/** Of a fit, by their names; as a result has them. */
export type Parameters = Readonly<Record<string, number>>;

/** A function that is fitted to a curve. */
interface FittedFunction {
  readonly label: string;
  /** Of a value of what was swept, in its unit, the fitted response. */
  readonly response: (parameters: Parameters) => (value: number) => number;
}

/** How an index is called for readers, and its unit, '1' where it has none. */
export interface IndexLabel {
  readonly label: string;
  readonly unit: string;
}

/** What a swept parameter is to a neuron: its names, its fits and its indices. */
export interface Dimension {
  /** The names of the stimulus parameters that are always of this dimension. */
  readonly parameters: readonly string[];
  readonly label: string;
  readonly axisLabel: string;
  readonly unit: string;
  readonly scale: 'linear' | 'log';
  /** After how many degrees it comes round again; left out where it does not. */
  readonly period?: 180 | 360;
  /** Whether a stimulus of value 0 is the blank, whose response enters the fits as that of 0. */
  readonly zeroIsBlank: boolean;
  readonly fits: Readonly<Record<string, FittedFunction>>;
  /** Of the fits, those of which the better is drawn. */
  readonly drawnFits: readonly string[];
  readonly indices: Readonly<Record<string, IndexLabel>>;
}

/** Responses along one parameter, by ascending values; 0 left out where it is the blank. */
export interface AscendingCurve {
  readonly values: readonly number[];
  /** One response per value, in their order. */
  readonly responses: readonly number[];
  /** The response to the blank image. */
  readonly blank: number;
}

/** Fits functions to a curve, and derives indices. */
export type Analysis = (curve: AscendingCurve) => Steps<CurveTuning>;

export type Indices = Record<string, Index>;

/** A function of another measure of the value, such as its logarithm. */
export function along(
  measure: (value: number) => number,
  response: (value: number) => number,
): (value: number) => number {
  return (value) => response(measure(value));
}

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;
