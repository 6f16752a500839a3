import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/inference/engine.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { readModel, type SavedModel } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { randomStream } from '../../src/network/random.js';
import { type Stimuli, sliceStimuli } from '../../src/stimulus/stimuli.js';
import { saveRandomModel } from '../support/saved-models.js';

const COUNT = 5;
const ALL = Int32Array.of(0, 1, 2, 3);

let folder = '';
let model: SavedModel;
let engine: Engine;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-engine-'));
  engine = createTfjsEngine(await openBackend('wasm'));
  model = await saveRandomModel(folder, 'random');
  await engine.load(model.folder, model.digest);
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true });
});

function stimuliOf({ card }: SavedModel): Stimuli {
  const { height, width } = card.stimulus;
  const random = randomStream(5, 'stimuli');
  const pixels = Float32Array.from({ length: COUNT * height * width }, () => random.uniform());
  return { count: COUNT, height, width, pixels };
}

test('the demo model responds the same to the last bit, image by image and in a batch', async () => {
  const demo = await readModel(fileURLToPath(new URL('../../models/demo/1', import.meta.url)));
  await engine.load(demo.folder, demo.digest);
  const { digest } = demo;
  const neurons = Int32Array.from(demo.card.neurons.keys());
  const batch = stimuliOf(demo);
  const whole = await engine.respond({ digest, stimuli: batch, neurons });
  for (let i = 0; i < COUNT; i++) {
    const alone = await engine.respond({ digest, stimuli: sliceStimuli(batch, i, i + 1), neurons });
    expect(alone).toEqual(whole.slice(i * neurons.length, (i + 1) * neurons.length));
  }
  await engine.unload(digest);
});

test('a response is the same to the last bit alone, in a batch and among other neurons', async () => {
  const { digest } = model;
  const whole = await engine.respond({ digest, stimuli: stimuliOf(model), neurons: ALL });
  expect(new Set(whole).size).toBeGreaterThan(10);
  const third = sliceStimuli(stimuliOf(model), 2, 3);
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
  await engine.respond({ digest: second.digest, stimuli: stimuliOf(model), neurons: ALL });
  await engine.unload(second.digest);
  expect(tf.memory().numTensors).toBe(before);
  await expect(
    engine.respond({ digest: second.digest, stimuli: stimuliOf(model), neurons: ALL }),
  ).rejects.toThrow('is not loaded');
});

test('a model with wrong weights or golden responses is rejected and leaves no tensor', async () => {
  const before = tf.memory().numTensors;
  const broken = await saveRandomModel(folder, 'broken');
  const file = path.join(broken.folder, 'weights.safetensors');
  const bytes = await readFile(file);
  await writeFile(file, bytes.subarray(0, -4));
  await expect(engine.load(broken.folder, broken.digest)).rejects.toThrow('its sha256 differs');
  await writeFile(file, bytes);

  const card = path.join(broken.folder, 'card.json');
  const changed = JSON.parse(await readFile(card, 'utf8')) as SavedModel['card'];
  changed.golden.responses[0]![1]! += 0.01;
  await writeFile(card, JSON.stringify(changed));
  await expect(engine.load(broken.folder, broken.digest)).rejects.toThrow('card.json changed');
  const { digest } = await readModel(broken.folder);
  await expect(engine.load(broken.folder, digest)).rejects.toThrow(
    /golden responses do not hold: neuron 1 answers/,
  );
  expect(tf.memory().numTensors).toBe(before);
});
