import { expect, test } from 'vitest';
import { seconds, short } from '../../src/web/parts/numbers.js';

test.each([
  [0, '0'],
  [-0.000249234, '-0.0002492'],
  [0.29712, '0.2971'],
  [13.7, '13.7'],
  [12345, '12350'],
  [7e-17, '0'],
  [0.00001234, '1.2e-5'],
  [-1.5e9, '-1.5e+9'],
])('%d is written as %s', (value, text) => {
  expect(short(value)).toBe(text);
});

test.each([
  [0, 'less than a second'],
  [1.4, '1 s'],
  [89, '89 s'],
  [150, '3 min'],
  [5400, '1.5 h'],
  [34_517, '9.6 h'],
])('%d seconds are written as %s', (time, text) => {
  expect(seconds(time)).toBe(text);
});
