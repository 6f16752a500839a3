import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRecipe, type Recipe } from '../../../src/datasets/recipes.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { describeStimuli } from '../../../training/data/describe.js';
import { openSite, type Site } from '../../../training/data/site.js';
import { splitSite } from '../../../training/data/split.js';
import { Interrupted } from '../../../training/run/interruption.js';
import { type PopulationState, trainPopulation } from '../../../training/run/population.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf, withoutThird, withResponses } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();
const IDS = [0, 1, 2];
let site: Site;
beforeAll(async () => {
  await writeSmallSite(folder, 120, 40);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(() => site.close());

function task(data: Pick<Site, 'training' | 'validation'> = site, changes: Partial<Recipe> = {}) {
  const recipe: Recipe = {
    ...findRecipe('shared_core'),
    ...{ epochs: 6, batchSize: 20, learningRate: 0.01, responses: 'normalised' },
    ...changes,
  };
  return { data: splitSite(data, 'validation', 1), recipe, neurons: IDS, seed: 1 };
}

test('a core learns neurons together, keeps one epoch for all, and leaves no tensor behind', async () => {
  const tensors = tf.memory().numTensors;
  const { neurons, weights } = await trainPopulation(task());
  expect(tf.memory().numTensors).toBe(tensors);
  expect(new Set(neurons.map(({ keptEpoch }) => keptEpoch)).size).toBe(1);
  for (const id of [0, 1]) expect(neurons[id]!.CORR).toBeGreaterThan(0.9);
  expect(weights.get('readout.weight')!.shape).toEqual([3, 32]);
  expect(weights.get('core.combine.convolution.weight')!.shape).toEqual([1, 3, 3, 32, 32]);
  const gray = weights.get('core.gray')!.data[0]!;
  const { backgroundGray } = await describeStimuli(site.training, null);
  expect(gray).toBeCloseTo(backgroundGray, 6);
});

test('an epoch has no more batches than the recipe says', async () => {
  const seen: number[] = [];
  await trainPopulation(task(site, { epochs: 2, batches: 4 }), {
    report: ({ batches, batchesPerEpoch, fits }) => {
      expect(batchesPerEpoch).toBe(4);
      if (!fits) seen.push(batches);
    },
  });
  expect(seen).toEqual([1, 2, 3, 4, 1, 2, 3, 4]);
});

test('a core that is interrupted anywhere goes on to the same bits', async () => {
  const own = task(site, { epochs: 2 });
  const whole = await trainPopulation(own);
  for (const last of [0, 3, 9, 14]) {
    let state: PopulationState | undefined;
    let turns = 0;
    await expect(
      trainPopulation(own, {
        interruption: { isRequested: () => ++turns > last },
        save: async (next) => {
          state = structuredClone(next);
        },
      }),
    ).rejects.toThrow(Interrupted);
    const resumed = await trainPopulation(own, {}, state);
    expect(resumed.neurons, String(last)).toEqual(whole.neurons);
    expect(bitsOf(resumed.weights)).toEqual(bitsOf(whole.weights));
  }
});

test('responses that were not measured are left out, and a constant neuron stops alone', async () => {
  const { training, validation } = site;
  const data = {
    training: withResponses(withoutThird(training, [0, 1]), 2, () => 4),
    validation: withoutThird(validation, [0]),
  };
  const stopped: number[] = [];
  const { neurons, weights } = await trainPopulation(task(data), {
    onStop: ({ id }) => stopped.push(id),
  });
  expect(stopped).toEqual([2]);
  expect(neurons[2]).toMatchObject({ keptEpoch: null, CORR: null, stopped: { epoch: 0 } });
  for (const id of [0, 1]) expect(neurons[id]!.CORR).toBeGreaterThan(0.9);
  for (const { data: values } of weights.values()) expect(values.every(Number.isFinite)).toBe(true);
  // the third neuron always predicts what was recorded
  const channels = weights.get('readout.weight')!.data;
  expect(channels.subarray((2 / 3) * channels.length).every((weight) => weight === 0)).toBe(true);
  expect(weights.get('readout.bias')!.data[2]).toBe(4);
});

test('the same seed trains the same core, another seed another one', async () => {
  const own = task(site, { epochs: 1 });
  const [one, same] = [await trainPopulation(own), await trainPopulation(own)];
  expect(bitsOf(same.weights)).toEqual(bitsOf(one.weights));
  const other = await trainPopulation({ ...own, seed: 2 });
  expect(bitsOf(other.weights)).not.toEqual(bitsOf(one.weights));
});
