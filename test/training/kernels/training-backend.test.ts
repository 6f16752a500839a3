import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from '../../../training/data/site.js';
import {
  describeBackend,
  openTrainingBackend,
  type TrainingKernels,
} from '../../../training/kernels/training-backend.js';
import { Interrupted } from '../../../training/run/interruption.js';
import { type PopulationState, trainPopulation } from '../../../training/run/population.js';
import { testWith, trainingKernelAddon } from '../../support/capabilities.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf, smallTask } from '../../support/small-training.js';

const capability = trainingKernelAddon();
const testKernels = testWith(capability);
let folder = '';
let site: Site;
let kernels: TrainingKernels | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-training-backend-'));
  await writeSmallSite(folder, 60, 20, 3);
  site = await openSite(folder, 'small');
  ({ kernels } = await openTrainingBackend('wasm', capability.file));
});
afterAll(async () => {
  await site.close();
  await rm(folder, { recursive: true });
});

const task = () => ({ ...smallTask(site, [0, 1, 2]), kernels });

testKernels('a training with kernels ends as one without, and leaves no tensors', async () => {
  const before = tf.memory().numTensors;
  const fast = await trainPopulation(task());
  const plain = await trainPopulation(smallTask(site, [0, 1, 2]));
  expect(bitsOf(fast.weights)).not.toEqual(bitsOf(plain.weights));
  for (const [row, { keptEpoch, CORR }] of fast.neurons.entries()) {
    expect(keptEpoch).toBe(plain.neurons[row]!.keptEpoch);
    expect(Math.abs(CORR! - plain.neurons[row]!.CORR!)).toBeLessThan(1e-3);
  }
  expect(tf.memory().numTensors).toBe(before);
});

testKernels('a training with kernels that is interrupted goes on to the same bits', async () => {
  const whole = await trainPopulation(task());
  let state: PopulationState | undefined;
  let turns = 0;
  const interrupted = trainPopulation(task(), {
    interruption: { isRequested: () => ++turns > 5 },
    save: async (next) => {
      state = structuredClone(next);
    },
  });
  await expect(interrupted).rejects.toThrow(Interrupted);
  const resumed = await trainPopulation(task(), {}, state);
  expect(bitsOf(resumed.weights)).toEqual(bitsOf(whole.weights));
});

testKernels('a backend is named with its kernels, a shared core without', async () => {
  const backend = await openTrainingBackend('wasm', capability.file);
  expect(describeBackend(backend, false)).toMatch(
    /^wasm \(1 CPU thread, kernels for [A-Z0-9-]+ on \d+ CPU threads?\)$/,
  );
  expect(describeBackend(backend, true)).toBe('wasm (1 CPU thread)');
});

test('a backend has no kernels where they were not compiled', async () => {
  const backend = await openTrainingBackend('wasm', path.join(folder, 'none.node'));
  expect(backend.kernels).toBeUndefined();
  expect(describeBackend(backend, false)).toBe('wasm (1 CPU thread)');
});
