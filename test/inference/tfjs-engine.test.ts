import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/inference/engine.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { readModel, type SavedModel } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { sliceStimuli } from '../../src/stimulus/stimuli.js';
import { expectBrokenModelsRejected, randomStimuli } from '../support/engine-checks.js';
import { saveRandomModel } from '../support/saved-models.js';
import { sharedFolder } from '../support/store.js';

const COUNT = 5;
const ALL = Int32Array.of(0, 1, 2, 3);

const folder = sharedFolder();
let model: SavedModel;
let engine: Engine;

beforeAll(async () => {
  engine = createTfjsEngine(await openBackend('wasm'));
  model = await saveRandomModel(folder, 'random');
  await engine.load(model.folder, model.digest);
});
afterAll(() => engine.close());

test('the demo model responds the same to the last bit, image by image and in a batch', async () => {
  const demo = await readModel(fileURLToPath(new URL('../../models/demo/1', import.meta.url)));
  await engine.load(demo.folder, demo.digest);
  const { digest } = demo;
  const neurons = Int32Array.from(demo.card.neurons.keys());
  const batch = randomStimuli(demo, COUNT);
  const whole = await engine.respond({ digest, stimuli: batch, neurons });
  for (let i = 0; i < COUNT; i++) {
    const alone = await engine.respond({ digest, stimuli: sliceStimuli(batch, i, i + 1), neurons });
    expect(alone).toEqual(whole.slice(i * neurons.length, (i + 1) * neurons.length));
  }
  await engine.unload(digest);
});

test('a response is the same to the last bit alone, in a batch and among other neurons', async () => {
  const { digest } = model;
  const whole = await engine.respond({
    digest,
    stimuli: randomStimuli(model, COUNT),
    neurons: ALL,
  });
  expect(new Set(whole).size).toBeGreaterThan(10);
  const third = sliceStimuli(randomStimuli(model, COUNT), 2, 3);
  expect(await engine.respond({ digest, stimuli: third, neurons: ALL })).toEqual(
    whole.slice(8, 12),
  );
  const some = await engine.respond({ digest, stimuli: third, neurons: Int32Array.of(3, 1) });
  expect([...some]).toEqual([whole[11], whole[9]]);
});

test('loading, predicting and unloading leave no tensor behind', async () => {
  const before = tf.memory().numTensors;
  const second = await saveRandomModel(folder, 'second');
  await engine.load(second.folder, second.digest);
  await engine.respond({
    digest: second.digest,
    stimuli: randomStimuli(model, COUNT),
    neurons: ALL,
  });
  await engine.unload(second.digest);
  expect(tf.memory().numTensors).toBe(before);
  await expect(
    engine.respond({ digest: second.digest, stimuli: randomStimuli(model, COUNT), neurons: ALL }),
  ).rejects.toThrow('is not loaded');
});

test('a model with wrong weights or golden responses is rejected and leaves no tensor', async () => {
  const before = tf.memory().numTensors;
  await expectBrokenModelsRejected(engine, folder);
  expect(tf.memory().numTensors).toBe(before);
});
