import { encodeCsv } from '../../src/formats/csv.js';
import { align } from '../evaluation/align.js';
import { decimals } from '../evaluation/scores.js';
import { FORMULAS_BY_MEASURE } from '../evaluation/table.js';
import type { Interval } from './bootstrap.js';
import type { Comparison } from './comparison.js';

/** The means of each recipe, as aligned text. */
export function textTable({ recipes, measures }: Comparison): string {
  const head = [
    'recipe',
    ...measures.flatMap((measure) => [measure, '95 % interval', 'seeds sd', 'ensemble']),
    ...['multiply-adds', 'parameters', 'training'],
  ];
  const rows = recipes.map(({ recipe, scores, cost }) => [
    recipe,
    ...measures.flatMap((measure) => {
      const { mean, interval, seedDeviation, ensemble } = scores[measure]!;
      return [mean, interval, seedDeviation, ensemble].map(show);
    }),
    ...[millions(cost.multiplications), String(cost.parameters), duration(cost.seconds)],
  ]);
  return align([head, ...rows], 1);
}

/** Says for which neurons a measure is undefined, and why for the first of them. */
export function leftOutLines({ recipes, measures, neurons }: Comparison): string[] {
  return recipes.flatMap(({ recipe, scores }) =>
    measures.flatMap((measure) => {
      const missing = scores[measure]!.neurons.flatMap((each, i) =>
        each.value === null ? [{ id: neurons[i]!.id, reason: each.reason }] : [],
      );
      const [first] = missing;
      if (first === undefined) return [];
      return [
        `${recipe}: ${measure} leaves out ${missing.length} of ${neurons.length} neurons: neuron ${first.id}: ${first.reason}`,
      ];
    }),
  );
}

/** One row for each recipe and neuron; empty where a measure is undefined. */
export function csvTable({ recipes, measures, neurons }: Comparison): string {
  const head = ['recipe', 'neuron', 'noisy', ...measures];
  const rows = recipes.flatMap(({ recipe, scores }) =>
    neurons.map(({ id, isNoisy }, i) => [
      recipe,
      id,
      isNoisy ? 1 : 0,
      ...measures.map((measure) => scores[measure]!.neurons[i]!.value),
    ]),
  );
  return encodeCsv([head, ...rows]);
}

/** Everything, with the reasons of what is undefined. */
export function jsonTable(comparison: Comparison): string {
  const { recipes, measures, neurons, ...rest } = comparison;
  const formulas = measures.map((measure) => [measure, FORMULAS_BY_MEASURE[measure]]);
  const table = {
    ...rest,
    formulas: Object.fromEntries(formulas),
    neurons,
    recipes: recipes.map(({ recipe, saved, cost, scores }) => ({
      ...{ recipe, model: saved.card.name, version: saved.card.version, digest: saved.digest },
      ...{ cost, scores },
    })),
  };
  return `${JSON.stringify(table, null, 1)}\n`;
}

/** Such as `0.537`, `0.51 to 0.56`, or `-` where there is nothing. */
export function show(value: number | Interval | null): string {
  if (value === null || typeof value === 'number') return decimals(value);
  return `${decimals(value[0])} to ${decimals(value[1])}`;
}

/** Such as `13.2 M`. */
export function millions(count: number): string {
  return `${(count / 1e6).toFixed(count < 1e8 ? 1 : 0)} M`;
}

/** Such as `75 s`, or `12 min`. */
export function duration(seconds: number): string {
  return seconds < 600 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}
