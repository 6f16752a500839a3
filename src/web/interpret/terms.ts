import type { ReadoutAnswer } from './answers.js';

/** A bar from one response value to another. */
export interface TermBar {
  readonly neuron: number;
  readonly term: string;
  readonly from: number;
  readonly to: number;
  /** The value of the term or of the sum. */
  readonly value: number;
}

/** Builds the bars of each neuron for the first stimulus. Each term starts at the end of the previous one; the sum and the response start at 0. */
export function termBars({ neurons, responses, readout }: ReadoutAnswer): TermBar[] {
  return neurons.flatMap((neuron, i) => {
    const terms = [
      ['centre', readout.centre[0]![i]!],
      ['surround', readout.surround[0]![i]!],
      ['bias', readout.bias[i]!],
    ] as const;
    let sum = 0;
    const bars = terms.map(([term, value]) => {
      const from = sum;
      sum += value;
      return { neuron, term, from, to: sum, value };
    });
    const response = responses[0]![i]!;
    const ends = isLinear(readout)
      ? [{ term: 'response', value: response }]
      : [
          { term: 'sum', value: sum },
          { term: 'response', value: response },
        ];
    return [...bars, ...ends.map((end) => ({ neuron, ...end, from: 0, to: end.value }))];
  });
}

/** Describes the terms of a readout. */
export function describeReadout({ kind, formula }: ReadoutAnswer['readout']): string {
  return `response = ${formula}. ${KINDS[kind] ?? `The readout is of the kind ${kind}.`}`;
}

const KINDS: Readonly<Record<string, string>> = {
  full:
    'The readout is linear over the whole map: the centre is the term of the centre hypercolumn, the ' +
    'surround those of all other cells together.',
  split:
    'Centre and surround each have a readout of their own, and a last one combines the two; the terms ' +
    'are taken through it.',
  centre: 'The readout sees the centre hypercolumn alone, so that the surround adds 0.',
};

function isLinear({ formula }: ReadoutAnswer['readout']): boolean {
  return formula === 'centre + surround + bias';
}
