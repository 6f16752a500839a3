import { beforeAll, expect } from 'vitest';
import { openBackend } from '../../src/network/backends/open.js';
import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { lossCurve } from './loss-curve.js';

const capability = webgpuAdapter();
const test = testWith(capability);

beforeAll(async () => {
  if (capability.missing !== null) return;
  await openBackend('wasm');
  await openBackend('webgpu');
});

test.for(['ff_cnn', 'ff_sa_cnn'] as const)(
  '%s learns on webgpu as on wasm',
  { timeout: 300_000 },
  async (id) => {
    const steps = 20;
    const wasm = await lossCurve('wasm', id, steps);
    expect(greatestDifference(await lossCurve('webgpu', id, steps), wasm)).toBeLessThan(1e-3);
  },
);
