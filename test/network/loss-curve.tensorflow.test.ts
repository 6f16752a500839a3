import { beforeAll, expect } from 'vitest';
import { openBackend } from '../../src/network/backends/open.js';
import { nativeTensorflow, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { lossCurve } from './loss-curve.js';

const capability = nativeTensorflow();
const test = testWith(capability);

beforeAll(async () => {
  if (capability.missing !== null) return;
  await openBackend('wasm');
  await openBackend('tensorflow');
});

test.for(['ff_cnn', 'ff_sa_cnn'] as const)('%s learns on tensorflow as on wasm', async (id) => {
  const steps = 20;
  const wasm = await lossCurve('wasm', id, steps);
  expect(greatestDifference(await lossCurve('tensorflow', id, steps), wasm)).toBeLessThan(1e-3);
});
