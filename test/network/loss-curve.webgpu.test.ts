import { expect } from 'vitest';
import { testWith, webgpuAdapter } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { lossCurve } from './loss-curve.js';

const test = testWith(webgpuAdapter());

test.for(['ff_cnn', 'ff_sa_cnn'] as const)(
  '%s learns on webgpu as on wasm',
  { timeout: 900_000 },
  async (id) => {
    const steps = 20;
    const wasm = await lossCurve('wasm', id, steps);
    expect(greatestDifference(await lossCurve('webgpu', id, steps), wasm)).toBeLessThan(1e-3);
  },
);
