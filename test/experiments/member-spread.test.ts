import { expect, test } from 'vitest';
import {
  memberInterval,
  withFieldSpread,
  withTuningSpread,
} from '../../src/experiments/member-spread.js';
import type { NeuronTuning } from '../../src/tuning/parametric.js';
import type { ReceptiveField } from '../../src/tuning/receptive-field.js';
import type { Index } from '../../src/tuning/schemas.js';

const stated = { formula: 'x', negative: 'rectified', baseline: 'not subtracted' } as const;

function indexOf(value: number | null): Index {
  return value === null ? { value, reason: 'none', ...stated } : { value, ...stated };
}

function tuningOf(curve: NeuronTuning['curve'], value: number | null): NeuronTuning {
  const peak = { response: 0, at: {}, atEnd: [] };
  const name = 'preferredOrientation';
  return {
    curve,
    blank: 0,
    peak,
    fits: {},
    indices: { gOSI: indexOf(value), [name]: indexOf(value) },
  };
}

test('an interval goes from the lowest to the highest value, and counts members without one', () => {
  expect(memberInterval(0.5, [0.4, null, 0.7, null])).toEqual({
    ...{ lowest: 0.4, highest: 0.7, undefined: 2 },
  });
  expect(memberInterval(null, [null, null])).toEqual({
    ...{ lowest: null, highest: null, undefined: 2 },
  });
});

test('an interval of angles is the short one around the value of the ensemble', () => {
  expect(memberInterval(178, [176, 2, null], 180)).toEqual({
    ...{ lowest: 176, highest: 182, undefined: 1 },
  });
  expect(memberInterval(3, [359, 10], 360)).toEqual({ lowest: -1, highest: 10, undefined: 0 });
  expect(memberInterval(null, [170, 5], 180)).toEqual({ lowest: 170, highest: 185, undefined: 0 });
});

test('a curve has the standard deviation of its members at each value', () => {
  const own = tuningOf([2, 5], 178);
  const tuning = withTuningSpread(own, [tuningOf([1, 5], 176), tuningOf([3, 5], 2)]);
  expect(tuning).toMatchObject({ curve: [2, 5], spread: [1, 0] });
  expect(tuning.indices['gOSI']?.members).toEqual({ lowest: 2, highest: 176, undefined: 0 });
  expect(tuning.indices['preferredOrientation']?.members).toEqual({
    ...{ lowest: 176, highest: 182, undefined: 0 },
  });
});

test('the spread along a parameter is that of the same stimuli as the curve of the ensemble', () => {
  const alongOf = (value: number) => ({ curve: [], fits: {}, indices: { gOSI: indexOf(value) } });
  const two = (rows: number[][], value: number) => ({
    ...tuningOf(rows, value),
    along: {
      orientation: alongOf(value),
      diameter: alongOf(value),
    },
  });
  const own = two(
    [
      [1, 2, 0],
      [3, 9, 4],
    ],
    0.3,
  );
  const members = [
    two(
      [
        [9, 1, 0],
        [2, 5, 4],
      ],
      0.2,
    ),
    two(
      [
        [9, 3, 0],
        [4, 13, 4],
      ],
      0.9,
    ),
  ];
  const { spread, along } = withTuningSpread(own, members);
  expect(spread).toEqual([
    [0, 1, 0],
    [1, 4, 0],
  ]);
  expect(along?.['orientation']).toMatchObject({ spread: [1, 4] });
  expect(along?.['diameter']).toMatchObject({ spread: [1, 4, 0] });
  expect(along?.['diameter']?.indices['gOSI']?.members).toEqual({
    ...{ lowest: 0.2, highest: 0.9, undefined: 0 },
  });
});

test('a map has the standard deviation of its members at each place', () => {
  const field = (map: number[][], value: number | null): ReceptiveField => ({
    map,
    blank: 0,
    peak: { response: 0, x: 0, y: 0 },
    fits: {},
    indices: { centreX: indexOf(value) },
  });
  const found = withFieldSpread(field([[2], [4]], 1), [
    field([[1], [4]], -1),
    field([[3], [4]], null),
  ]);
  expect(found).toMatchObject({ map: [[2], [4]], spread: [[1], [0]] });
  expect(found.indices['centreX']?.members).toEqual({ lowest: -1, highest: -1, undefined: 1 });
});
