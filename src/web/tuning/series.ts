import { fittedResponse } from '../../tuning/dimensions/dimensions.js';
import { betterFit } from '../../tuning/fits/better-fit.js';
import type { Fit } from '../../tuning/schemas.js';
import { seriesColour } from '../figures/colours.js';
import { type Answerer, DASHES, type Told } from './answerers.js';
import type { Swept } from './swept.js';

/** What one model says of one neuron, and how it is drawn. */
export interface Series {
  readonly neuron: number;
  readonly by: Answerer;
  /** Such as `neuron 3`, or `neuron 3 of demo/2` among several models. */
  readonly label: string;
  readonly colour: string;
  readonly dash: string;
  /** The grating that this neuron alone was shown, in words. */
  readonly note?: string;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A measured curve, with the function that was fitted to it. */
export interface CurveSeries extends Series {
  readonly measured: readonly Point[];
  readonly blank: number;
  /** undefined where nothing converged. */
  readonly fitted: readonly Point[] | undefined;
}

/** A neuron's part of an answer to a sweep of one parameter. */
interface Tuned {
  readonly id: number;
  readonly curve: readonly (number | readonly number[])[];
  readonly blank: number;
  readonly fits: Readonly<Record<string, Fit>>;
}

/** Steps in which a fit is drawn. */
const STEPS = 180;

/** What the neurons of several models are drawn as, each neuron of all models after the other. */
export function seriesOf<N extends { readonly id: number }>(
  told: readonly Told<{ readonly neurons: readonly N[] }>[],
): (Series & { readonly of: N })[] {
  const ids = told[0]?.value.neurons.map(({ id }) => id) ?? [];
  return ids.flatMap((id, place) =>
    told.flatMap(({ by, value }) =>
      value.neurons
        .filter((neuron) => neuron.id === id)
        .map((of) => ({
          of,
          neuron: id,
          by,
          label: told.length > 1 ? `neuron ${id} of ${by.id}` : `neuron ${id}`,
          colour: seriesColour(place),
          dash: DASHES[by.place]!,
        })),
    ),
  );
}

/** The curves of all neurons, ready to be drawn. */
export function curvesOf(
  swept: Swept,
  told: readonly Told<{
    readonly values: readonly number[];
    readonly neurons: readonly Tuned[];
  }>[],
): CurveSeries[] {
  return seriesOf(told).map(({ of, ...series }) => {
    const { values } = told.find(({ by }) => by === series.by)!.value;
    const measured = of.curve.flat().map((y, i) => ({ x: values[i]!, y }));
    const fit = drawnFit(swept, of.fits);
    return {
      ...series,
      measured: swept.period ? closed(measured, swept.period) : measured,
      blank: of.blank,
      fitted: fit && fittedPoints(swept, fit.name, fit.parameters, values),
    };
  });
}

/** The name of the fit that is drawn, with its parameters; undefined where none converged. */
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

/** Measured at every angle of a period, and at its end what was measured at its start. */
function closed(points: readonly Point[], period: number): Point[] {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const first = sorted[0];
  return first && first.x === 0 ? [...sorted, { x: period, y: first.y }] : sorted;
}
