import { expect } from 'vitest';
import { openBackend } from '../../src/network/backends/open.js';
import { nativeTensorflow, testWith } from '../support/capabilities.js';

const test = testWith(nativeTensorflow());

test('the device is named with the threads that TF_NUM_INTRAOP_THREADS gives', async () => {
  process.env['TF_NUM_INTRAOP_THREADS'] = '3';
  const { device } = await openBackend('tensorflow');
  expect(['GPU', '3 CPU threads']).toContain(device);
});
