import { z } from 'zod';
import { tuneCurve } from './curve-tuning.js';
import { type DimensionName, dimensionNamed } from './dimensions/dimensions.js';
import type { Steps } from './fits/least-squares.js';
import { fitPosition } from './fits/position.js';
import { F1F0 } from './indices.js';
import { positionIndices } from './position-indices.js';
import { CurveTuning } from './schemas.js';

/** One swept parameter. */
export interface Axis {
  /** The name of the parameter in the result. */
  readonly name: string;
  readonly dimension: DimensionName;
  readonly values: readonly number[];
}

/** The stimuli presented: each value of the first axis with each value of the second, in some variants. */
export interface Sweep {
  readonly axes: readonly [Axis] | readonly [Axis, Axis];
  /** The number of stimuli over which a response is averaged: phases, or the frames of a sequence. */
  readonly variants: number;
  /** Whether the variants are phases that are evenly spaced over 360 degrees. */
  readonly phases: boolean;
}

const Curve = z.array(z.number());

/** One neuron's tuning to one or two parameters. */
export const NeuronTuning = z.strictObject({
  /** Mean responses over phases or frames; for two parameters, a list for each value of the first. */
  curve: z.union([Curve, z.array(Curve)]),
  /** Of an ensemble: the standard deviation of its members' curves, as `curve`. */
  spread: z.union([Curve, z.array(Curve)]).optional(),
  /** The response to the blank image, of which nothing was subtracted. */
  blank: z.number(),
  /** The largest response, where it is, and the parameters that are at an end of their values there. */
  peak: z.strictObject({
    response: z.number(),
    at: z.record(z.string(), z.number()),
    atEnd: z.array(z.string()),
  }),
  ...CurveTuning.shape,
  /** For two parameters: the tuning along each, with the other at its value of the peak. */
  along: z
    .record(z.string(), CurveTuning.extend({ curve: Curve, spread: Curve.optional() }))
    .optional(),
});
export type NeuronTuning = z.infer<typeof NeuronTuning>;

/**
 * Analyses one neuron's tuning, step by step.
 * @param responses `[first, second, variants]`, the variants of one stimulus together
 * @param blank the response to the blank image
 */
export function* neuronTuning(
  { axes, variants, phases }: Sweep,
  responses: Float64Array,
  blank: number,
): Steps<NeuronTuning> {
  const [first, second] = axes;
  const columns = second?.values.length ?? 1;
  const means = Array.from({ length: responses.length / variants }, (_, i) =>
    mean(responses.subarray(i * variants, (i + 1) * variants)),
  );
  const best = means.reduce((top, value, i) => (value > means[top]! ? i : top), 0);
  const [row, column] = [Math.floor(best / columns), best % columns];
  const atPeak = second ? [row, column] : [row];
  const peak = {
    response: means[best]!,
    at: Object.fromEntries(axes.map(({ name, values }, k) => [name, values[atPeak[k]!]!])),
    atEnd: axes.filter((axis, k) => isEnd(axis, atPeak[k]!)).map(({ name }) => name),
  };
  const byPhase = responses.subarray(best * variants, (best + 1) * variants);
  const modulation = phases ? { F1F0: F1F0(byPhase, blank, peak.at) } : {};
  if (!second) {
    const { fits, indices } = yield* tuneCurve({ ...first, responses: means, blank });
    return { curve: means, blank, peak, fits, indices: { ...indices, ...modulation } };
  }
  const rows = first.values.map((_, i) => means.slice(i * columns, (i + 1) * columns));
  const curves = [rows.map((each) => each[column]!), rows[row]!] as const;
  const position = yield* positionTuning(first, second, rows);
  const along: NeuronTuning['along'] = {};
  for (const [k, axis] of [first, second].entries()) {
    const curve = curves[k]!;
    along[axis.name] = { curve, ...(yield* tuneCurve({ ...axis, responses: curve, blank })) };
  }
  return {
    curve: rows,
    blank,
    peak,
    fits: position.fits,
    indices: { ...position.indices, ...modulation },
    along,
  };
}

/** Fits a Gaussian to the map if the axes are x and y, in either order. */
function* positionTuning(
  first: Axis,
  second: Axis,
  rows: readonly (readonly number[])[],
): Steps<CurveTuning> {
  const names = [first.name, second.name];
  if (!names.includes('x') || !names.includes('y')) return { fits: {}, indices: {} };
  const [x, y] = first.name === 'x' ? [first, second] : [second, first];
  const map = y.values.flatMap((_, j) =>
    x.values.map((__, i) => (first === x ? rows[i]![j]! : rows[j]![i]!)),
  );
  const gaussian = yield* fitPosition(x.values, y.values, map);
  return { fits: { gaussian }, indices: positionIndices(gaussian) };
}

function isEnd({ dimension, values }: Axis, i: number): boolean {
  if (dimensionNamed(dimension)?.period !== undefined) return false; // A period has no end.
  return values[i]! <= Math.min(...values) || values[i]! >= Math.max(...values);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value / values.length, 0);
}
