import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exportModel } from '../../deploy/onnx/export-model.js';
import type { Engine } from '../../src/inference/engine.js';
import { loadOnnxruntime } from '../../src/inference/onnx/onnxruntime.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { gradientsInSlices } from '../../src/interpret/in-slices.js';
import { createTfjsInterpreter } from '../../src/interpret/tfjs-interpreter.js';
import { openBackend } from '../../src/network/backends/open.js';
import { imageLength, type Stimuli, sliceStimuli } from '../../src/stimulus/stimuli.js';
import { openCpuEngine } from '../support/cpu-engines.js';
import { randomStimuli } from '../support/engine-checks.js';
import { type SavedEnsemble, saveRandomEnsemble } from '../support/ensembles.js';
import { greatestDifference } from '../support/numbers.js';
import { sharedFolder } from '../support/store.js';

const NEURONS = 5;
const COUNT = 4;
const ALL = Int32Array.from({ length: NEURONS }, (_, i) => i);
const KINDS = ['shared_core', 'ff_sa_cnn', 'rf_cnn'] as const;

const folder = sharedFolder();
const engines: Record<string, Engine> = {};
const ensembles: Record<string, SavedEnsemble> = {};
let stimuli: Stimuli;

beforeAll(async () => {
  engines['tfjs'] = createTfjsEngine(await openBackend('wasm'));
  engines['onnx'] = openCpuEngine({ threads: 3 });
  for (const architecture of KINDS) {
    ensembles[architecture] = await saveRandomEnsemble(engines['tfjs'], folder, architecture, {
      ...{ architecture, neurons: NEURONS, members: 2, colour: true },
    });
    const { saved } = ensembles[architecture];
    for (const engine of Object.values(engines)) await engine.load(saved.folder, saved.digest);
  }
  stimuli = randomStimuli(ensembles['rf_cnn']!.saved, COUNT);
}, 120_000);
afterAll(async () => {
  for (const engine of Object.values(engines)) await engine.close();
});

describe.each(KINDS)('an ensemble of %s that sees colour', (kind) => {
  const respond = (engine: string, images: Stimuli, neurons: Int32Array) =>
    engines[engine]!.respond({ digest: ensembles[kind]!.saved.digest, stimuli: images, neurons });

  test('has the same responses in both engines, and other ones to other colours', async () => {
    expect(stimuli.pixels).toHaveLength(COUNT * 50 * 50 * 3);
    const [tfjs, onnx] = [await respond('tfjs', stimuli, ALL), await respond('onnx', stimuli, ALL)];
    const range = Math.max(...tfjs) - Math.min(...tfjs);
    expect(greatestDifference(onnx, tfjs)).toBeLessThan(1e-4 * range);
    const { pixels } = stimuli;
    const exchanged = pixels.map((_, i) => pixels[i - (i % 3) + (2 - (i % 3))]!); // red and blue
    const others = await respond('onnx', { ...stimuli, pixels: exchanged }, ALL);
    expect(greatestDifference(others, onnx)).toBeGreaterThan(0.01 * range);
  });

  test.each(['tfjs', 'onnx'])(
    'has the same response to the last bit whatever else is asked for: %s',
    async (engine) => {
      const whole = await respond(engine, stimuli, ALL);
      const some = await respond(engine, sliceStimuli(stimuli, 1, 3), Int32Array.of(3, 0));
      const expected = [1, 2].flatMap((image) => [3, 0].map((n) => whole[image * NEURONS + n]));
      expect([...some]).toEqual(expected);
    },
  );

  test('has the responses of its exported graph, which takes [N, 3, H, W]', async () => {
    const { saved } = ensembles[kind]!;
    const file = path.join(folder, `${kind}.onnx`);
    expect(await exportModel(saved.folder, file)).toContain('[batch, 3, 50, 50]');
    const { InferenceSession, Tensor } = await loadOnnxruntime();
    const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
    const channelsFirst = Float32Array.from(stimuli.pixels, (_, i) => {
      const [image, channel, pixel] = [Math.floor(i / 7500), Math.floor(i / 2500) % 3, i % 2500];
      return stimuli.pixels[image * 7500 + pixel * 3 + channel]!;
    });
    const { responses } = await session.run({
      stimuli: new Tensor('float32', channelsFirst, [COUNT, 3, 50, 50]),
    });
    await session.release();
    const served = await respond('onnx', stimuli, ALL);
    const range = Math.max(...served) - Math.min(...served);
    const computed = responses!.data as Float32Array;
    expect(greatestDifference(computed, served)).toBeLessThan(1e-5 * range);
  });

  test('has gradients that say how the responses change with each channel', async () => {
    const { saved } = ensembles[kind]!;
    const interpreter = createTfjsInterpreter(await openBackend('wasm'), {
      localFolder: async () => saved.folder,
    });
    const model = { name: kind, version: 1, digest: saved.digest };
    const neurons = Int32Array.of(1, 4);
    const request = { model, stimuli: sliceStimuli(stimuli, 0, 2), neurons };
    const { gradients, responses } = await gradientsInSlices(interpreter, request, () => {});
    await interpreter.close();
    const each = imageLength(stimuli);
    expect(gradients).toHaveLength(2 * 2 * each);
    const served = await respond('tfjs', request.stimuli, neurons);
    expect(greatestDifference(responses, served)).toBeLessThan(1e-5);
    const gradient = gradients.subarray(3 * each); // of neuron 4 to the second image
    for (const channel of [0, 1, 2]) {
      const along = gradient.map((value, i) => (i % 3 === channel ? value : 0));
      const square = along.reduce((sum, value) => sum + value * value, 0);
      expect(square).toBeGreaterThan(0);
      const step = 1e-3 / Math.sqrt(square); // a step of 0.001 in this channel
      const moved = (sign: number) =>
        stimuli.pixels.map((value, i) =>
          Math.floor(i / each) === 1 ? value + sign * step * along[i % each]! : value,
        );
      const at = async (sign: number) => {
        const pixels = moved(sign);
        return (await respond('tfjs', { ...stimuli, pixels }, neurons))[1 * 2 + 1]!;
      };
      const risen = (await at(1)) - (await at(-1));
      const expected = 2 * step * square;
      // of float32, and of pools whose maximum moves
      expect(Math.abs(risen - expected)).toBeLessThan(0.05 * expected + 1e-6);
    }
  });
});
