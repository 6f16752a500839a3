import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRecipe, type Recipe } from '../../../src/datasets/recipes.js';
import { InputError } from '../../../src/errors.js';
import { readWeights, type SavedModel } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { isOfCore } from '../../../src/network/shared-core/parameters.js';
import { openSite, type Site } from '../../../training/data/site.js';
import { splitSite } from '../../../training/data/split.js';
import { Interrupted } from '../../../training/run/interruption.js';
import { type PopulationState, trainPopulation } from '../../../training/run/population.js';
import { warmStart } from '../../../training/run/warm-start.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';
import { trainSmall } from '../../support/train-small.js';

const folder = sharedFolder();
const SHARED = { recipe: 'shared_core', chunk: undefined, responses: 'normalised' } as const;
let site: Site;
let first: SavedModel;
beforeAll(async () => {
  await writeSmallSite(folder, 120, 40);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
  const out = path.join(folder, 'first');
  first = (await trainSmall(folder, { ...SHARED, neurons: [0], epochs: 3, out }))
    .result as SavedModel;
});
afterAll(() => site.close());

async function task(changes: Partial<Recipe> = {}) {
  const recipe: Recipe = {
    ...findRecipe('shared_core'),
    ...{ epochs: 10, batchSize: 20, learningRate: 0.02, responses: 'normalised' },
    ...changes,
  };
  const base = {
    ...({ readout: 'gaussian', freeze: 'published', fit: 'core', neurons: [0] } as const),
    weights: await readWeights(first),
  };
  return { data: splitSite(site, 'validation', 1), recipe, neurons: [1, 2], seed: 1, base };
}

test('a core that is kept stays to the last bit, and new readouts learn other neurons', async () => {
  const own = await task();
  const tensors = tf.memory().numTensors;
  const { neurons, weights } = await trainPopulation(own);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(neurons[0]!.CORR).toBeGreaterThan(0.9);
  const cores = [weights, own.base.weights].map(
    (each) => new Map([...each].filter(([name]) => isOfCore(name))),
  );
  expect(cores[0]!.size).toBeGreaterThan(10);
  expect(bitsOf(cores[0]!)).toEqual(bitsOf(cores[1]!));
  expect(weights.get('readout.weight')!.shape).toEqual([2, 32]);
});

test('a fit of new readouts that is interrupted goes on to the same bits', async () => {
  const own = await task({ epochs: 2 });
  const whole = await trainPopulation(own);
  for (const last of [0, 4, 11]) {
    let state: PopulationState | undefined;
    let turns = 0;
    const interrupted = trainPopulation(own, {
      interruption: { isRequested: () => ++turns > last },
      save: async (next) => {
        state = structuredClone(next);
      },
    });
    await expect(interrupted).rejects.toThrow(Interrupted);
    const resumed = await trainPopulation(own, {}, state);
    expect(bitsOf(resumed.weights)).toEqual(bitsOf(whole.weights));
  }
});

test('a model with a kept core names the model that the core comes from', async () => {
  const out = path.join(folder, 'kept');
  const from = warmStart(first, 'core', 'command');
  const { result, lines } = await trainSmall(folder, {
    ...SHARED,
    ...{ out, from, neurons: [1, 2], epochs: 1 },
  });
  const { card } = result as SavedModel;
  expect(card.training).toMatchObject({
    from: { model: 'first', version: 1, digest: first.digest, fit: 'core' },
  });
  expect(card.neurons.map(({ id }) => id)).toEqual([1, 2]);
  expect(lines.join('\n')).toContain('(its core, with new readouts)');
});

test.each([
  [{ recipe: 'rf_cnn' }, /^--core .*first\/1 has a shared core, which rf_cnn has not; expected /],
  [
    { recipe: 'recurrent_core' },
    /has another architecture: trunk convolutions; expected recurrent, as in recurrent_core/,
  ],
])('a core that the recipe does not have is not kept: %j', async (changes, reason) => {
  const out = path.join(folder, 'rejected');
  const from = warmStart(first, 'core', 'command');
  const { result } = await trainSmall(folder, { ...SHARED, out, from, epochs: 1, ...changes });
  expect(result).toBeInstanceOf(InputError);
  expect((result as Error).message).toMatch(reason);
  expect(await readdir(folder)).not.toContain('rejected');
});
