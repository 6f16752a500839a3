import { expect, test } from 'vitest';
import { describeUnit } from '../../src/web/parts/response-unit.js';

test.each([
  ['spikes/s', 'are in spikes/s'],
  ['as recorded', 'are as recorded'],
  ['none', 'have no unit'],
])('responses with the unit %s', (unit, sentence) => {
  expect(describeUnit(unit)).toBe(sentence);
});
