import { indexRows } from './index-rows.js';
import type { Cell, NumberRow } from './number-rows.js';
import type { PeakNeuron, RankNeuron } from './ranking.js';

/** Scores computed from real and predicted responses. */
const SCORES = [
  ['CORR', 'Correlation (CORR)', "Pearson's, of real and predicted responses"],
  [
    'PT_J',
    'Joint peak tuning (PT_J)',
    'share of the k stimuli with the largest real responses whose predicted one reaches theta',
  ],
  [
    'PT_S',
    'Separate peak tuning (PT_S)',
    'share of the k largest predicted responses that reach theta',
  ],
  ['theta', 'Theta', 'the k-th largest real response'],
] as const;

/** Caption in place of the scores. */
export const WITHOUT_REAL =
  'With real responses, this table also has their correlation with the predicted ones (CORR) and the joint and separate peak tuning (PT_J, PT_S).';

/**
 * Builds the table rows of a ranking; `ranks` and `peaks` are in the order of the series.
 * @param withReal whether real responses were sent
 */
export function rankRows(
  ranks: readonly RankNeuron[],
  peaks: readonly PeakNeuron[],
  withReal: boolean,
): NumberRow[] {
  const scores = SCORES.map(([name, text, formula]) => ({
    text,
    formula,
    cells: ranks.map((rank): Cell => {
      const value = rank[name];
      return value === null ? { reason: rank.reason ?? 'undefined' } : { value };
    }),
  }));
  const peak = (text: string, formula: string, of: (neuron: PeakNeuron) => number) => ({
    text,
    formula,
    cells: peaks.map((neuron) => ({ value: of(neuron) })),
  });
  return [
    ...(withReal ? scores : []),
    peak('Peak, predicted', 'the largest predicted response', ({ peak: value }) => value),
    peak('k-th largest, predicted', 'of the predicted responses', ({ theta }) => theta),
    ...indexRows(
      peaks.map(({ sparseness, shareAboveHalfPeak }) => ({ sparseness, shareAboveHalfPeak })),
    ),
  ];
}
