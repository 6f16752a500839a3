import { expect } from 'vitest';
import { nativeTensorflow, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { lossCurve } from './loss-curve.js';

const test = testWith(nativeTensorflow());

test.for(['ff_cnn', 'ff_sa_cnn'] as const)('%s learns on tensorflow as on wasm', async (id) => {
  const steps = 20;
  const wasm = await lossCurve('wasm', id, steps);
  expect(greatestDifference(await lossCurve('tensorflow', id, steps), wasm)).toBeLessThan(1e-3);
});
