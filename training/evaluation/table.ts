import { encodeCsv } from '../../src/formats/csv.js';
import { FORMULAS } from '../../src/tuning/repeats.js';
import { align } from './align.js';
import type { Evaluation, ModelEvaluation } from './evaluation.js';
import {
  average,
  averageOfMembers,
  decimals,
  listMeasures,
  type Measure,
  type NeuronScores,
  scoreNeuron,
} from './scores.js';

/** Explains the measures in the files themselves. */
export const FORMULAS_BY_MEASURE: Readonly<Record<Measure, string>> = {
  CORR: 'Pearson(R, P)',
  PT_J: 'share of the k images with the largest R whose P >= theta, theta the k-th largest R',
  PT_S: 'share of the k largest P that are >= theta',
  CCmax: `${FORMULAS.ccMax}; ${FORMULAS.signalPower}`,
  CCnorm: FORMULAS.ccNorm,
  FEV: FORMULAS.fev,
  FEVE: FORMULAS.feve,
  'split-half': `${FORMULAS.splitHalf}, r the mean correlation of random halves of the N repeats`,
};

/**
 * The table as aligned text: each model's averages, of an ensemble with the mean of its members, then the neurons,
 * model next to model.
 * @param maxNeurons with more of them the neurons are left out
 */
export function textTable({ models, hasRepeats }: Evaluation, maxNeurons: number): string {
  const measures = listMeasures(hasRepeats);
  const averages = models.flatMap(({ label, neurons, members }) => {
    const ofMembers = measures.map((measure) => decimals(averageOfMembers(members, measure)));
    const each = measures.map((measure) => average(neurons, measure));
    return [
      [label, 'mean', ...each.map(({ mean }) => decimals(mean))],
      ['', 'median', ...each.map(({ median }) => decimals(median))],
      ...(members.length > 0 ? [['', 'members', ...ofMembers]] : []),
    ];
  });
  const ids = neuronIds(models);
  const neurons =
    ids.length > maxNeurons
      ? []
      : ids.flatMap((id) =>
          models.flatMap(({ label, neurons }) => {
            const neuron = neurons.find((each) => each.id === id);
            if (!neuron) return [];
            const scores = measures.map((measure) => decimals(scoreNeuron(neuron, measure)));
            return [[label, `neuron ${id}`, ...scores]];
          }),
        );
  const rows = [['model', '', ...measures], ...averages, ...neurons];
  const lines = [align(rows, 2), ...undefinedLines(models, measures)];
  if (ids.length > maxNeurons) lines.push(`${ids.length} neurons, each with its row in table.csv`);
  return lines.join('\n');
}

/** Says of each measure for how many neurons it is undefined, and why for the first of them. */
function undefinedLines(
  models: readonly Pick<ModelEvaluation, 'label' | 'neurons'>[],
  measures: readonly Measure[],
): string[] {
  return models.flatMap(({ label, neurons }) =>
    measures.flatMap((measure) => {
      const missing = neurons.flatMap(({ id, scores }) => {
        const score = scores[measure];
        return score?.value === null ? [{ id, reason: score.reason }] : [];
      });
      const [first] = missing;
      if (first === undefined) return [];
      const others = missing.length > 1 ? '; table.json has the reasons of the others' : '';
      return [
        `- ${label}: ${measure} is undefined for ${missing.length} of ${neurons.length} neurons: ` +
          `neuron ${first.id}: ${first.reason}${others}`,
      ];
    }),
  );
}

/** One row per model and neuron; empty where a measure is undefined. */
export function csvTable({ models, hasRepeats }: Evaluation): string {
  const measures = listMeasures(hasRepeats);
  const rows = models.flatMap(({ label, saved, neurons }) =>
    neurons.map((neuron) => [
      label,
      saved.digest,
      neuron.id,
      neuron.keptEpoch,
      ...(hasRepeats ? [neuron.repeats ?? null] : []),
      ...measures.map((measure) => scoreNeuron(neuron, measure)),
    ]),
  );
  const repeats = hasRepeats ? ['repeats'] : [];
  const head = ['model', 'digest', 'neuron', 'keptEpoch', ...repeats, ...measures];
  return encodeCsv([head, ...rows]);
}

/** The same with averages, the reasons of what is undefined, and each model's provenance. */
export function jsonTable(evaluation: Evaluation): string {
  const { site, validation, k, hasRepeats, models } = evaluation;
  const measures = listMeasures(hasRepeats);
  const table = {
    site,
    validationImages: validation.count,
    k,
    formulas: Object.fromEntries(
      measures.map((measure) => [measure, FORMULAS_BY_MEASURE[measure]]),
    ),
    models: models.map(({ label, saved, provenance, neurons, members, decomposition }) => ({
      model: label,
      digest: saved.digest,
      architecture: saved.card.architecture.id,
      ...provenance,
      centreShareOfPeak: decomposition?.centreShareOfPeak ?? null,
      averages: averagesOf(neurons, measures),
      ...(members.length > 0 && { members: members.map((each) => averagesOf(each, measures)) }),
      neurons,
    })),
  };
  return `${JSON.stringify(table, null, 1)}\n`;
}

function averagesOf(neurons: readonly NeuronScores[], measures: readonly Measure[]) {
  return Object.fromEntries(measures.map((measure) => [measure, average(neurons, measure)]));
}

/** Ids of all neurons of some models, ascending. */
export function neuronIds(models: readonly Pick<ModelEvaluation, 'neurons'>[]): number[] {
  const ids = new Set(models.flatMap(({ neurons }) => neurons.map(({ id }) => id)));
  return [...ids].sort((a, b) => a - b);
}
