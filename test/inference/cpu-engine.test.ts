import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test as plainTest } from 'vitest';
import { type CpuEngineOptions, createCpuEngine } from '../../src/inference/cpu-engine.js';
import type { Engine } from '../../src/inference/engine.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { readModel, type SavedModel } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { type Stimuli, sliceStimuli } from '../../src/stimulus/stimuli.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { kernelAddon, testWith } from '../support/capabilities.js';
import { ENTRIES } from '../support/cpu-engines.js';
import { expectBrokenModelsRejected, randomStimuli } from '../support/engine-checks.js';
import { greatestDifference } from '../support/numbers.js';
import { saveRandomModel } from '../support/saved-models.js';
import { sharedFolder } from '../support/store.js';

const COUNT = 6;
const ADDON = kernelAddon();
const WAYS = {
  kernels: { test: testWith(ADDON), options: { ...ENTRIES, kernels: ADDON.file } },
  onnxruntime: { test: plainTest, options: ENTRIES },
};

const folder = sharedFolder();
let demo: SavedModel;
let stimuli: Stimuli;
let all: Int32Array;
/** Of tfjs, [COUNT, neurons]. */
let expected: Float32Array;

beforeAll(async () => {
  demo = await readModel(fileURLToPath(new URL('../../models/demo/1', import.meta.url)));
  all = Int32Array.from(demo.card.neurons.keys());
  stimuli = randomStimuli(demo, COUNT);
  const reference = createTfjsEngine(await openBackend('wasm'));
  await reference.load(demo.folder, demo.digest);
  expected = await reference.respond(request());
  await reference.close();
});

function request() {
  return { digest: demo.digest, stimuli, neurons: all };
}

describe.each(Object.entries(WAYS))('%s', (way, { test, options }) => {
  let engine: Engine;
  /** [COUNT, neurons] */
  let whole: Float32Array;
  const open = (own: Omit<CpuEngineOptions, 'kernels'>) => createCpuEngine({ ...options, ...own });

  beforeAll(async () => {
    engine = open({ threads: 3 });
    await engine.load(demo.folder, demo.digest);
    whole = await engine.respond(request());
  });
  afterAll(() => engine.close());

  test('the demo model responds as in tfjs', () => {
    const range = Math.max(...expected) - Math.min(...expected);
    expect(greatestDifference(whole, expected)).toBeLessThan(1e-4 * range);
  });

  test('the engine says what computes', () => {
    const name = way === 'kernels' ? /^3 CPU threads, kernels for [A-Z0-9-]+$/ : /^3 CPU threads$/;
    expect(engine.description.device).toMatch(name);
  });

  test('a response is the same to the last bit in every request, alone or with concurrent ones', async () => {
    /** The neurons and images of a request, in any order and with repetitions. */
    const one = fc.record({
      neurons: fc.array(fc.nat(15), { minLength: 1, maxLength: 20 }),
      from: fc.nat(COUNT - 1),
      count: fc.integer({ min: 1, max: COUNT }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 4 }), async (requests) => {
        await Promise.all(
          requests.map(async ({ neurons, from, count }) => {
            const images = sliceStimuli(stimuli, from, Math.min(COUNT, from + count));
            const values = await engine.respond({
              digest: demo.digest,
              stimuli: images,
              neurons: Int32Array.from(neurons),
            });
            const rows = Array.from({ length: images.count }, (_, image) =>
              neurons.map((neuron) => whole[(from + image) * all.length + neuron]),
            );
            expect([...values]).toEqual(rows.flat());
          }),
        );
      }),
      { numRuns: 20 },
    );
  });

  test('the responses do not depend on the number of threads', async () => {
    for (const threads of [1, 2, 20]) {
      const other = open({ threads });
      await other.load(demo.folder, demo.digest);
      expect(await other.respond(request())).toEqual(whole);
      await other.close();
    }
  });

  test('several models are loaded side by side, and an unloaded one no longer answers', async () => {
    const second = await saveRandomModel(folder, `second-${way}`);
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
    expect(await engine.respond(request())).toEqual(whole);
    await engine.unload(second.digest);
    await expect(send()).rejects.toThrow('is not loaded');
  });

  test('a model with wrong weights or golden responses is rejected', async () => {
    await expectBrokenModelsRejected(engine, folder);
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
    const busy = open({ threads: 1, preparingEntry: new URL(script) });
    await busy.load(demo.folder, demo.digest);
    const other = await saveRandomModel(folder, `unprepared-${way}`);
    const load = busy.load(other.folder, other.digest);
    const rejected = expect(load).rejects.toThrow('the service is stopping');
    expect(await busy.respond(request())).toEqual(whole);
    await busy.close();
    await rejected;
  });
});

WAYS.kernels.test.each(['bfloat16', 'int8'] as const)(
  'in %s the demo model answers almost as in float32, and a shared core the same',
  async (precision) => {
    const { options } = WAYS.kernels;
    const engine = createCpuEngine({ ...options, threads: 2, precision });
    expect(engine.description.precision).toBe(precision);
    expect(engine.description.device).toMatch(new RegExp(`, weights in ${precision}$`));
    await engine.load(demo.folder, demo.digest);
    const responses = await engine.respond(request());
    const range = Math.max(...expected) - Math.min(...expected);
    const difference = greatestDifference(responses, expected) / range;
    expect(difference).toBeGreaterThan(1e-5);
    expect(difference).toBeLessThan(precision === 'int8' ? 2e-2 : 1e-2);
    const core = await makeModel({
      architecture: 'shared_core',
      neurons: 2,
      out: path.join(folder, `core-${precision}`),
      seed: 1,
    });
    const images = randomStimuli(core, 2);
    const neurons = Int32Array.from(core.card.neurons.keys());
    const ask = { digest: core.digest, stimuli: images, neurons };
    await engine.load(core.folder, core.digest);
    const plain = createCpuEngine({ ...options, threads: 2 });
    await plain.load(core.folder, core.digest);
    expect(await engine.respond(ask)).toEqual(await plain.respond(ask));
    await Promise.all([engine.close(), plain.close()]);
  },
);

plainTest('another precision than float32 is rejected where there are no kernels', async () => {
  const open = (kernels?: string) => () =>
    createCpuEngine({ threads: 1, precision: 'int8', ...(kernels && { kernels }) });
  expect(open()).toThrow(
    'not compiled for this machine, and nothing else computes in int8; expected float32',
  );
  await writeFile(path.join(folder, 'kernels.absent'), 'there is no C compiler');
  expect(open(path.join(folder, 'kernels.node'))).toThrow(
    `not compiled for this machine (${folder}/kernels.absent says why), and nothing else`,
  );
});

plainTest(
  'when a thread of onnxruntime ends, its current and later requests are rejected',
  async () => {
    const script = `data:text/javascript,import { parentPort } from 'node:worker_threads';
    parentPort.once('message', () => process.exit(7));`;
    const mortal = createCpuEngine({ threads: 1, ...ENTRIES, entry: new URL(script) });
    const load = mortal.load(demo.folder, demo.digest);
    await expect(load).rejects.toThrow('a thread ended with code 7');
    await expect(mortal.load(demo.folder, demo.digest)).rejects.toThrow('ended with code 7');
    await mortal.close();
  },
);
