import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { F1F0, fitIndex, ratioIndex, sparseness } from '../../src/tuning/indices.js';
import { valueIn } from './value-in.js';

test('a formula gets the responses rectified and relative to the largest', () => {
  const sum = ratioIndex('sum', [4, -2, 1], (relative) => relative.reduce((a, b) => a + b));
  expect(sum).toEqual({
    value: 1.25,
    raw: 0.75,
    formula: 'sum',
    negative: 'rectified',
    baseline: 'not subtracted',
  });
});

test('raw values are given only where a response is negative and the formula gives a number', () => {
  const sum = (relative: Float64Array) => relative.reduce((a, b) => a + b);
  expect(ratioIndex('sum', [4, 0, 1], sum)).not.toHaveProperty('raw');
  const inverse = (relative: Float64Array) => 1 / (1 + sum(relative));
  expect(ratioIndex('inverse', [1, -2], inverse)).toMatchObject({ value: 0.5 });
  expect(ratioIndex('inverse', [1, -2], inverse)).not.toHaveProperty('raw');
});

test('an index of a fit needs one that converged and explains half of the variance', () => {
  const fit = { model: 'm', parameters: { a: 2 }, rSquared: 0.9, converged: true, atBound: [] };
  const index = (changes: object) => fitIndex('a', { ...fit, ...changes }, ({ a }) => a!);
  expect(index({})).toEqual({ value: 2, formula: 'a', negative: 'kept', baseline: 'fitted b' });
  expect(index({ converged: false })).toMatchObject({
    value: null,
    reason: 'the fit did not converge',
  });
  expect(index({ rSquared: 0.31 })).toMatchObject({
    value: null,
    reason: 'the fit explains only 31 % of the variance',
  });
  expect(index({ parameters: null, reason: 'all responses are equal' })).toMatchObject({
    value: null,
    reason: 'nothing was fitted: all responses are equal',
  });
});

test('a formula that is undefined gives null and its reason', () => {
  expect(ratioIndex('none', [1], () => ({ reason: 'too few' }))).toEqual({
    value: null,
    reason: 'too few',
    formula: 'none',
    negative: 'rectified',
    baseline: 'not subtracted',
  });
});

test.each([[[0, 0, 0, 0]], [[-1, -2, -1, -3]], [[-0]]])('%j has no index', (responses) => {
  expect(sparseness(responses)).toMatchObject({ value: null, reason: 'no response is above 0' });
  expect(F1F0(responses, 0)).toMatchObject({
    value: null,
    reason: 'no response exceeds that to the blank',
  });
});

test.each([[[1, Number.NaN]], [[Number.POSITIVE_INFINITY, 1]], [[]]])('%j is rejected', (bad) => {
  expect(() => sparseness(bad)).toThrow(InputError);
  expect(() => F1F0(bad, 0)).toThrow(InputError);
});

test.each([1e308, 1e-308])('sparseness near %d neither over- nor underflows', (level) => {
  const responses = [1, 0.5, 0.1, 0.5];
  expect(valueIn(sparseness(responses.map((response) => response * level)))).toBeCloseTo(
    valueIn(sparseness(responses)),
    9,
  );
});

test.each([
  ['1 + cos: a simple cell', (phase: number) => 1 + Math.cos(phase), 1],
  ['constant: a complex cell', () => 0.4, 0],
  ['1 + cos at twice the phase', (phase: number) => 1 + Math.cos(2 * phase), 0],
  ['2 + cos with a lag', (phase: number) => 2 + Math.cos(phase - 1), 0.5],
])('F1/F0 of %s, to 1e-12', (_, response, expected) => {
  const phases = Array.from({ length: 8 }, (_, i) => response((2 * Math.PI * i) / 8));
  expect(Math.abs(valueIn(F1F0(phases, 0)) - expected)).toBeLessThan(1e-12);
});

test('F1/F0 of a half-wave rectified cosine is pi / 2, to 1e-4 at 360 phases', () => {
  const phases = Array.from({ length: 360 }, (_, i) => Math.cos((2 * Math.PI * i) / 360));
  expect(Math.abs(valueIn(F1F0(phases, 0)) - Math.PI / 2)).toBeLessThan(1e-4);
});

test('F1/F0 is 2 where one phase alone responds, and needs 4 phases', () => {
  expect(valueIn(F1F0([0, 0, 7, 0], 0))).toBeCloseTo(2, 12);
  expect(F1F0([0, 7, 0], 0)).toMatchObject({
    value: null,
    reason: 'needs at least 4 phases, has 3',
  });
});

test('F1/F0 is computed above the blank, whatever the blank is', () => {
  const phases = Array.from({ length: 8 }, (_, i) => 1 + Math.cos((Math.PI * i) / 4));
  for (const blank of [-0.5, 0.3, 4]) {
    const shifted = phases.map((response) => response + blank);
    expect(valueIn(F1F0(shifted, blank))).toBeCloseTo(valueIn(F1F0(phases, 0)), 9);
  }
});

test('F1/F0 names the grating at which it was measured, where that is given', () => {
  const at = { orientation: 30 };
  expect(F1F0([0, 1, 2, 1], 0, at)).toMatchObject({ at });
  expect(F1F0([0, 0, 0, 0], 0, at)).toMatchObject({ value: null, at });
  expect(F1F0([0, 1, 2, 1], 0)).not.toHaveProperty('at');
});

test.each([
  ['one of many', [0, 0, 5, 0], 1],
  ['all alike', [0.1, 0.1, 0.1], 0],
  ['half of them', [1, 1, 0, 0], 2 / 3],
  ['half of them, the rest negative', [1, 1, -4, -1], 2 / 3],
])('sparseness of %s', (_, responses, expected) => {
  expect(valueIn(sparseness(responses))).toBeCloseTo(expected, 12);
});

test('one stimulus has no sparseness', () => {
  expect(sparseness([3])).toMatchObject({ value: null, reason: 'needs at least 2 stimuli' });
});
