import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../src/inference/engine.js';
import { createOnnxEngine } from '../../../src/inference/onnx/onnx-engine.js';
import { createTfjsEngine } from '../../../src/inference/tfjs/tfjs-engine.js';
import { readModel, type SavedModel } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { type Stimuli, sliceStimuli } from '../../../src/stimulus/stimuli.js';
import { expectBrokenModelsRejected, randomStimuli } from '../../support/engine-checks.js';
import { greatestDifference } from '../../support/numbers.js';
import { saveRandomModel } from '../../support/saved-models.js';
import { sharedFolder } from '../../support/store.js';

const COMPILED = new URL('../../../dist/src/inference/onnx/', import.meta.url);
const ENTRIES = {
  entry: new URL('session-worker.js', COMPILED),
  preparingEntry: new URL('preparing-worker.js', COMPILED),
};
const COUNT = 6;

const folder = sharedFolder();
let demo: SavedModel;
let engine: Engine;
let reference: Engine;
let stimuli: Stimuli;
let all: Int32Array;
/** [COUNT, neurons] */
let whole: Float32Array;

beforeAll(async () => {
  demo = await readModel(fileURLToPath(new URL('../../../models/demo/1', import.meta.url)));
  engine = createOnnxEngine({ threads: 3, ...ENTRIES });
  reference = createTfjsEngine(await openBackend('wasm'));
  await engine.load(demo.folder, demo.digest);
  await reference.load(demo.folder, demo.digest);
  all = Int32Array.from(demo.card.neurons.keys());
  stimuli = randomStimuli(demo, COUNT);
  whole = await engine.respond({ digest: demo.digest, stimuli, neurons: all });
});
afterAll(async () => {
  await engine.close();
  await reference.close();
});

test('the demo model responds as in tfjs', async () => {
  const expected = await reference.respond({ digest: demo.digest, stimuli, neurons: all });
  const range = Math.max(...expected) - Math.min(...expected);
  expect(greatestDifference(whole, expected)).toBeLessThan(1e-4 * range);
});

/** The neurons and images of a request, in any order and with repetitions. */
const request = fc.record({
  neurons: fc.array(fc.nat(15), { minLength: 1, maxLength: 20 }),
  from: fc.nat(COUNT - 1),
  count: fc.integer({ min: 1, max: COUNT }),
});

test('a response is the same to the last bit in every request, alone or with concurrent ones', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
      await Promise.all(
        requests.map(async ({ neurons, from, count }) => {
          const images = sliceStimuli(stimuli, from, Math.min(COUNT, from + count));
          const values = await engine.respond({
            digest: demo.digest,
            stimuli: images,
            neurons: Int32Array.from(neurons),
          });
          const expected = Array.from({ length: images.count }, (_, image) =>
            neurons.map((neuron) => whole[(from + image) * all.length + neuron]),
          );
          expect([...values]).toEqual(expected.flat());
        }),
      );
    }),
    { numRuns: 20 },
  );
});

test('the responses do not depend on the number of threads', async () => {
  for (const threads of [1, 2, 20]) {
    const other = createOnnxEngine({ threads, ...ENTRIES });
    await other.load(demo.folder, demo.digest);
    expect(await other.respond({ digest: demo.digest, stimuli, neurons: all })).toEqual(whole);
    await other.close();
  }
});

test('several models are loaded side by side, and an unloaded one no longer answers', async () => {
  const second = await saveRandomModel(folder, 'second');
  const send = () =>
    engine.respond({
      digest: second.digest,
      stimuli: randomStimuli(second, COUNT),
      neurons: Int32Array.of(3, 1),
    });
  await expect(send()).rejects.toThrow('is not loaded');
  await engine.load(second.folder, second.digest);
  await engine.load(second.folder, second.digest);
  expect(await send()).toHaveLength(2 * COUNT);
  expect(await engine.respond({ digest: demo.digest, stimuli, neurons: all })).toEqual(whole);
  await engine.unload(second.digest);
  await expect(send()).rejects.toThrow('is not loaded');
});

test('a model with wrong weights or golden responses is rejected', async () => {
  await expectBrokenModelsRejected(engine, folder);
});

test('when a thread ends, its current and later requests are rejected with the reason', async () => {
  const script = `data:text/javascript,import { parentPort } from 'node:worker_threads';
    parentPort.once('message', () => process.exit(7));`;
  const mortal = createOnnxEngine({ threads: 1, ...ENTRIES, entry: new URL(script) });
  const load = mortal.load(demo.folder, demo.digest);
  await expect(load).rejects.toThrow('a thread ended with code 7');
  await expect(mortal.load(demo.folder, demo.digest)).rejects.toThrow('ended with code 7');
  await mortal.close();
});

test('requests are answered while another model is prepared, which ends with the engine', async () => {
  // The thread hangs at its second task.
  const script = `data:text/javascript,import { parentPort } from 'node:worker_threads';
    await import('${ENTRIES.preparingEntry}');
    const seen = { tasks: 0 };
    parentPort.on('message', () => {
      seen.tasks += 1;
      if (seen.tasks === 2) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const busy = createOnnxEngine({ threads: 1, ...ENTRIES, preparingEntry: new URL(script) });
  await busy.load(demo.folder, demo.digest);
  const other = await saveRandomModel(folder, 'unprepared');
  const load = busy.load(other.folder, other.digest);
  const rejected = expect(load).rejects.toThrow('the service is stopping');
  const values = await busy.respond({ digest: demo.digest, stimuli, neurons: all });
  expect(greatestDifference(values, whole)).toBe(0);
  await busy.close();
  await rejected;
});
