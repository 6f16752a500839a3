import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBackend } from '../../../src/network/backends/open.js';
import { openSite, type Site } from '../../../training/data/site.js';
import { splitSite } from '../../../training/data/split.js';
import { expectTimes } from '../../../training/run/expected-time.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();
let site: Site;
beforeAll(async () => {
  await writeSmallSite(folder, 60, 30, 3);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(() => site.close());

/** A processor with some bytes of free memory. */
function trial(clock: () => number, free = 4e9) {
  const memory = { free, limit: undefined, used: 0, gpu: () => undefined };
  return {
    backend: { isGpu: false, bufferBytes: undefined, largestTensor: undefined },
    memory,
    clock,
  };
}

test('no recipe is timed where no response differs between images', async () => {
  const before = tf.memory().numTensors;
  const silent = { ...site.training, responses: site.training.responses.map(() => 0) };
  const times = await expectTimes(
    splitSite({ ...site, training: silent }, 'validation', 1),
    trial(() => 0),
  );
  expect(times).toEqual({});
  expect(tf.memory().numTensors).toBe(before);
});

test('a recipe takes its epochs of batches, after the recipes that it begins with', async () => {
  let now = 0;
  // 60 images are 2 batches an epoch. Two looks at the clock, a second apart, have one batch between them.
  const times = await expectTimes(
    splitSite(site, 'validation', 1),
    trial(() => now++),
  );
  expect(times).toMatchObject({ rf_cnn: 100, rf_sa_cnn_star_incr: 200 });
  expect(times).not.toHaveProperty('ff_cnn'); // whose networks take no images of 24x24
});

test('where memory holds one network, one is tried for all', async () => {
  let now = 0;
  // 50 images of 24x24 take 0.035 GB a network; half of the free memory is used.
  const times = await expectTimes(
    splitSite(site, 'validation', 1),
    trial(() => now++, 1e8),
  );
  expect(times).toMatchObject({ rf_cnn: 3 * 100, rf_sa_cnn_star_incr: 3 * 200 });
});
