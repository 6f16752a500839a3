import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReadoutAnswer } from '../../src/web/interpret/answers.js';
import { describeReadout, termBars } from '../../src/web/interpret/terms.js';

function answer(formula: string, responses: number[]): ReadoutAnswer {
  return {
    model: { name: 'tiny', version: 1, digest: 'd' },
    neurons: [7, 0],
    responses: [responses],
    readout: {
      ...{ kind: 'full', formula, masks: null },
      ...{ centre: [[1, -1]], surround: [[2, 0.5]], bias: [-0.5, 0.25] },
    },
    stimuli: [{ digest: 's', warnings: [] }],
    timing: {},
    id: 'i',
  };
}

test('each term begins where the one before it ended, and the response at 0', () => {
  expect(termBars(answer('centre + surround + bias', [2.5, -0.25]))).toEqual([
    { neuron: 7, term: 'centre', from: 0, to: 1, value: 1 },
    { neuron: 7, term: 'surround', from: 1, to: 3, value: 2 },
    { neuron: 7, term: 'bias', from: 3, to: 2.5, value: -0.5 },
    { neuron: 7, term: 'response', from: 0, to: 2.5, value: 2.5 },
    { neuron: 0, term: 'centre', from: 0, to: -1, value: -1 },
    { neuron: 0, term: 'surround', from: -1, to: -0.5, value: 0.5 },
    { neuron: 0, term: 'bias', from: -0.5, to: -0.25, value: 0.25 },
    { neuron: 0, term: 'response', from: 0, to: -0.25, value: -0.25 },
  ]);
});

test('where the sum is not yet the response, both are shown', () => {
  const bars = termBars(answer('softplus(centre + surround + bias)', [2.6, 0.6]));
  expect(bars.filter(({ term }) => term === 'sum' || term === 'response')).toEqual([
    { neuron: 7, term: 'sum', from: 0, to: 2.5, value: 2.5 },
    { neuron: 7, term: 'response', from: 0, to: 2.6, value: 2.6 },
    { neuron: 0, term: 'sum', from: 0, to: -0.25, value: -0.25 },
    { neuron: 0, term: 'response', from: 0, to: 0.6, value: 0.6 },
  ]);
});

test('the formula is in the description, for an unknown kind too', () => {
  const { readout } = answer('centre + surround + bias', [0, 0]);
  expect(describeReadout(readout)).toMatch(/^response = centre \+ surround \+ bias\. .*whole map/);
  expect(describeReadout({ ...readout, kind: 'new' })).toContain('of the kind new');
});

test('the terms end at the response', () => {
  const number = fc.double({ min: -10, max: 10, noNaN: true });
  fc.assert(
    fc.property(number, number, number, (centre, surround, bias) => {
      const sum = centre + surround + bias;
      const given = answer('centre + surround + bias', [sum]);
      const readout = {
        ...given.readout,
        centre: [[centre]],
        surround: [[surround]],
        bias: [bias],
      };
      const bars = termBars({ ...given, neurons: [3], readout });
      expect(bars.find(({ term }) => term === 'bias')!.to).toBeCloseTo(sum, 10);
    }),
  );
});
