import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import {
  byGradient,
  type PreferredStimulusRequest,
  type Progress,
  preferredStimuli,
} from '../../src/interpret/preferred-stimulus.js';
import { createTfjsInterpreter } from '../../src/interpret/tfjs-interpreter.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { openBackend } from '../../src/network/backends/open.js';
import { randomStream } from '../../src/network/random.js';
import { saveGoldenModel } from '../support/golden-models.js';
import { sharedFolder } from '../support/store.js';

const ID = 'rf_sa_cnn';
const SIZE = { height: 50, width: 50, channels: 1 as const };

const models = sharedFolder();
let interpreter: Interpreter;
let request: PreferredStimulusRequest;
beforeAll(async () => {
  interpreter = createTfjsInterpreter(await openBackend('wasm'), createFolderSource(models));
  const { digest } = await saveGoldenModel(models, ID);
  request = {
    model: { name: ID, version: 1, digest },
    ...SIZE,
    neurons: [
      { column: 2, id: 2 },
      { column: 0, id: 0 },
    ],
    restarts: 2,
    terms: {
      seed: 1,
      steps: 10,
      stepSize: 0.3,
      background: 0.5,
      norm: 5,
      pixels: [0, 1],
      blur: 0,
      jitter: 0,
    },
  };
});
afterAll(() => interpreter.close());

test('the image found drives each neuron more than many images of the same norm', async () => {
  await interpreter.interpret({
    model: request.model,
    stimuli: { count: 1, ...SIZE, channels: 1, pixels: new Float32Array(2500) },
    neurons: Int32Array.of(0),
  });
  const before = tf.memory().numTensors;
  const reported: Progress[] = [];
  const found = await preferredStimuli(byGradient(interpreter, request), request, {
    onProgress: (progress) => reported.push(progress),
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(reported.map(({ done }) => done)).toEqual([4, 8, 10, 14, 18, 20]);
  expect(new Set(reported.map(({ total }) => total))).toEqual(new Set([20]));
  const random = randomStream('others');
  const pixels = Float32Array.from({ length: 50 * 2500 }, () => 0.5 + random.normal() / 10);
  for (const [i, { column }] of request.neurons.entries()) {
    const respond = async (stimuli: (typeof found)[number]) =>
      (
        await interpreter.interpret({
          model: request.model,
          stimuli,
          neurons: Int32Array.of(column),
        })
      ).responses;
    const others = await respond({ count: 50, ...SIZE, channels: 1, pixels });
    const own = await respond(found[i]!);
    expect(own).toHaveLength(request.restarts);
    const spread = Math.max(...others) - Math.min(...others);
    for (const response of own) expect(response).toBeGreaterThan(Math.max(...others) + spread);
  }
});

test('the same request gives the same images, for one neuron alone too', async () => {
  const whole = await preferredStimuli(byGradient(interpreter, request), request);
  const alone = await preferredStimuli(byGradient(interpreter, request), {
    ...request,
    neurons: [{ column: 0, id: 0 }],
  });
  expect(alone[0]!.pixels).toEqual(whole[1]!.pixels);
});

test('a cancelled search ends after the steps that are under way', async () => {
  const cancel = new AbortController();
  let asked = 0;
  const watched: Pick<Interpreter, 'maximise'> = {
    maximise: (question) => {
      asked += 1;
      cancel.abort(new Error('cancelled'));
      return interpreter.maximise(question);
    },
  };
  const found = preferredStimuli(byGradient(watched, request), request, { signal: cancel.signal });
  await expect(found).rejects.toThrow('cancelled');
  expect(asked).toBe(1);
});
