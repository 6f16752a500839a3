import { fittedResponse } from '../../tuning/dimensions/dimensions.js';
import { betterFit } from '../../tuning/fits/better-fit.js';
import type { Fit } from '../../tuning/schemas.js';
import { seriesColour } from '../figures/colours.js';
import { type ComparedModel, DASHES, type ModelResult } from './compared-models.js';
import type { Swept } from './swept.js';

/** One neuron of one model, with its plot style. */
export interface Series {
  readonly neuron: number;
  readonly model: ComparedModel;
  /** For example `neuron 3`, or `neuron 3 of demo/2` with several models. */
  readonly label: string;
  readonly colour: string;
  readonly dash: string;
  /** Describes the neuron's own grating. */
  readonly note?: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Of an ensemble: the standard deviation of its members there. */
  readonly spread?: number | undefined;
}

/** A measured curve with its fitted function. */
export interface CurveSeries extends Series {
  readonly measured: readonly Point[];
  readonly blank: number;
  /** undefined without a converged fit. */
  readonly fitted: readonly Point[] | undefined;
}

/** The tuning of a neuron in the answer to a sweep. */
interface Tuned {
  readonly id: number;
  readonly curve: readonly (number | readonly number[])[];
  readonly spread?: readonly (number | readonly number[])[] | undefined;
  readonly blank: number;
  readonly fits: Readonly<Record<string, Fit>>;
}

/** Number of segments of a plotted fit. */
const STEPS = 180;

/** Assigns plot styles to the neurons of several models, grouped by neuron. */
export function neuronSeries<N extends { readonly id: number }>(
  results: readonly ModelResult<{ readonly neurons: readonly N[] }>[],
): (Series & { readonly of: N })[] {
  const ids = results[0]?.value.neurons.map(({ id }) => id) ?? [];
  return ids.flatMap((id, place) =>
    results.flatMap(({ model, value }) =>
      value.neurons
        .filter((neuron) => neuron.id === id)
        .map((of) => ({
          of,
          neuron: id,
          model,
          label: results.length > 1 ? `neuron ${id} of ${model.id}` : `neuron ${id}`,
          colour: seriesColour(place),
          dash: DASHES[model.place]!,
        })),
    ),
  );
}

/** Builds the curves of all neurons. */
export function buildCurves(
  swept: Swept,
  results: readonly ModelResult<{
    readonly values: readonly number[];
    readonly neurons: readonly Tuned[];
  }>[],
): CurveSeries[] {
  return neuronSeries(results).map(({ of, ...series }) => {
    const { values } = results.find(({ model }) => model === series.model)!.value;
    const spread = of.spread?.flat();
    const measured = of.curve.flat().map((y, i) => ({ x: values[i]!, y, spread: spread?.[i] }));
    const fit = drawnFit(swept, of.fits);
    return {
      ...series,
      measured: swept.period ? closed(measured, swept.period) : measured,
      blank: of.blank,
      fitted: fit && fittedPoints(swept, fit.name, fit.parameters, values),
    };
  });
}

/** Finds the better fit; undefined if it did not converge. */
export function drawnFit(
  { drawn }: Swept,
  fits: Readonly<Record<string, Fit>>,
): { readonly name: string; readonly parameters: Readonly<Record<string, number>> } | undefined {
  const there = drawn.flatMap((name) => fits[name] ?? []);
  if (there.length === 0) return undefined;
  const best = there.reduce(betterFit);
  const name = drawn.find((each) => fits[each] === best)!;
  return best.converged ? { name, parameters: best.parameters } : undefined;
}

function fittedPoints(
  { dimension, scale, period }: Swept,
  name: string,
  parameters: Readonly<Record<string, number>>,
  values: readonly number[],
): Point[] {
  const [low, high] = period ? [0, period] : [Math.min(...values), Math.max(...values)];
  const response = fittedResponse(dimension, name, parameters);
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const share = i / STEPS;
    const x = scale === 'log' ? low * (high / low) ** share : low + share * (high - low);
    return { x, y: response(x) };
  });
}

/** Closes a periodic curve: its start is repeated at its end. */
function closed(points: readonly Point[], period: number): Point[] {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const first = sorted[0];
  return first && first.x === 0 ? [...sorted, { ...first, x: period }] : sorted;
}

/** A point of a band from one spread below a curve to one above it. */
export interface BandPoint {
  readonly x: number;
  readonly low: number;
  readonly high: number;
}

/** The band around a curve of an ensemble; empty for another model. */
export function bandOf({ measured }: Pick<CurveSeries, 'measured'>): BandPoint[] {
  return measured.flatMap(({ x, y, spread }) =>
    spread === undefined ? [] : [{ x, low: y - spread, high: y + spread }],
  );
}
