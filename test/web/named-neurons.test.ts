import { expect, test } from 'vitest';
import { namedNeurons } from '../../src/web/state/named-neurons.js';

const NEURONS = Array.from({ length: 12 }, (_, id) => ({ id }));

test('ids and ranges of ids are parsed in order, each once', () => {
  expect(namedNeurons('9,10', NEURONS)).toEqual([9, 10]);
  expect(namedNeurons('0-3', NEURONS)).toEqual([0, 1, 2, 3]);
  expect(namedNeurons(' 7, 5-7 ', NEURONS)).toEqual([7, 5, 6]);
});

test('invalid ids are reported', () => {
  expect(namedNeurons('12', NEURONS)).toBe('The model has no neuron 12: its ids are 0 to 11.');
  expect(namedNeurons('0-999999999', NEURONS)).toBe(
    'The model has no neuron 12: its ids are 0 to 11.',
  );
  expect(namedNeurons('0-8', NEURONS)).toBe(
    '9 neurons are too many for one plot: at most 8 are drawn.',
  );
  for (const text of ['', 'a', '1.5', '-1', '3-1', '1,,2']) {
    expect(namedNeurons(text, NEURONS)).toBe(
      `"${text}" is not a list of neurons: write ids and ranges of ids, such as 0,5,7-12.`,
    );
  }
});
