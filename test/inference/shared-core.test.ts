import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/inference/engine.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import { SHARED_CORE_NAMES } from '../../src/network/architectures/shared-cores.js';
import { openBackend } from '../../src/network/backends/open.js';
import { type Stimuli, sliceStimuli } from '../../src/stimulus/stimuli.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { openCpuEngine } from '../support/cpu-engines.js';
import { randomStimuli } from '../support/engine-checks.js';
import { greatestDifference } from '../support/numbers.js';
import { sharedFolder } from '../support/store.js';

const NEURONS = 9;
const COUNT = 4;
const ALL = Int32Array.from({ length: NEURONS }, (_, i) => i);

const folder = sharedFolder();
let model: SavedModel;
let stimuli: Stimuli;
const engines: Record<string, Engine> = {};

beforeAll(async () => {
  engines['tfjs'] = createTfjsEngine(await openBackend('wasm'));
  engines['onnx'] = openCpuEngine({ threads: 3 });
  const out = path.join(folder, 'shared');
  model = await makeModel({ architecture: 'shared_core', neurons: NEURONS, out, seed: 1 });
  stimuli = randomStimuli(model, COUNT);
  for (const engine of Object.values(engines)) await engine.load(model.folder, model.digest);
});
afterAll(async () => {
  for (const engine of Object.values(engines)) await engine.close();
});

function respond(engine: Engine, images: Stimuli, neurons: Int32Array): Promise<Float32Array> {
  return engine.respond({ digest: model.digest, stimuli: images, neurons });
}

test.each(SHARED_CORE_NAMES)('both engines give %s the same responses', async (architecture) => {
  const out = path.join(folder, architecture);
  const { folder: own, digest } = await makeModel({ architecture, neurons: NEURONS, out, seed: 2 });
  const request = { digest, stimuli, neurons: ALL };
  const answers: Float32Array[] = [];
  for (const engine of Object.values(engines)) {
    await engine.load(own, digest);
    answers.push(await engine.respond(request));
    await engine.unload(digest);
  }
  const [tfjs, onnx] = answers;
  const range = Math.max(...tfjs!) - Math.min(...tfjs!);
  expect(new Set(tfjs).size).toBe(COUNT * NEURONS);
  expect(greatestDifference(onnx!, tfjs!)).toBeLessThan(1e-4 * range);
});

test.each(['tfjs', 'onnx'])(
  '%s: a response of a shared core is the same to the last bit whatever else is asked for',
  async (name) => {
    const engine = engines[name]!;
    const whole = await respond(engine, stimuli, ALL);
    const wanted = fc.record({
      neurons: fc.array(fc.nat(NEURONS - 1), { minLength: 1, maxLength: 12 }),
      from: fc.nat(COUNT - 1),
      count: fc.integer({ min: 1, max: COUNT }),
    });
    await fc.assert(
      fc.asyncProperty(wanted, async ({ neurons, from, count }) => {
        const images = sliceStimuli(stimuli, from, Math.min(COUNT, from + count));
        const values = await respond(engine, images, Int32Array.from(neurons));
        const expected = Array.from({ length: images.count }, (_, image) =>
          neurons.map((neuron) => whole[(from + image) * NEURONS + neuron]),
        );
        expect([...values]).toEqual(expected.flat());
      }),
      { numRuns: 20 },
    );
  },
);
