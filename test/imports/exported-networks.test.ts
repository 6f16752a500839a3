import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test as plainTest } from 'vitest';
import { InputError } from '../../src/errors.js';
import { decodeNpy } from '../../src/formats/npy.js';
import { NetworkDescription } from '../../src/imports/description.js';
import { importNetwork } from '../../src/imports/import-network.js';
import type { Engine } from '../../src/inference/engine.js';
import { beginMaximisation } from '../../src/interpret/activation-maximisation.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import { createLocalInterpreter } from '../../src/interpret/local-interpreter.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { type Stimuli, sliceStimuli } from '../../src/stimulus/stimuli.js';
import { pytorchExport, testWith } from '../support/capabilities.js';
import { openCpuEngine } from '../support/cpu-engines.js';
import { greatestDifference } from '../support/numbers.js';
import { sharedFolder } from '../support/store.js';

const COMPILED = new URL('../../dist/src/', import.meta.url);
const ENTRY = fileURLToPath(new URL('imports/measuring-worker.js', COMPILED));
const WRITER = fileURLToPath(new URL('export_networks.py', import.meta.url));
const PYTORCH = pytorchExport();
const test = testWith(PYTORCH);

const folder = sharedFolder();
let engine: Engine;
let stimuli: Stimuli;
beforeAll(async () => {
  engine = openCpuEngine({ threads: 2 });
  if (PYTORCH.missing !== null) return;
  execFileSync(PYTORCH.python, ['-W', 'ignore', WRITER, folder], { stdio: 'pipe' });
  const { data, shape } = decodeNpy(await readFile(path.join(folder, 'pixels.npy')));
  const [count = 0, height = 0, width = 0] = shape;
  stimuli = { count, height, width, channels: 1, pixels: data as Float32Array };
}, 300_000);
afterAll(() => engine.close());

async function importNamed(name: string, gradient?: string): Promise<SavedModel> {
  const card: unknown = JSON.parse(await readFile(path.join(folder, `${name}.json`), 'utf8'));
  const description = NetworkDescription.parse(card);
  const file = path.join(folder, `${name}.onnx`);
  const out = path.join(folder, 'models', name);
  const network = {
    ...{ file, description, out },
    gradient: gradient && path.join(folder, `${gradient}-gradient.onnx`),
  };
  const { saved, warnings } = await importNetwork(network, { entry: ENTRY });
  expect(warnings).toEqual([]);
  await engine.load(saved.folder, saved.digest);
  return saved;
}

/** Of float16 and the sums of it; the others as the golden responses of a model. */
const TOLERANCES = { gaussian: 1e-4, four: 1e-4, last: 1e-4, resnet: 1e-4, half: 5e-3 };

for (const [name, tolerance] of Object.entries(TOLERANCES)) {
  test(`${name}: the responses are those of PyTorch, the same to the last bit in every request`, async () => {
    const { digest, card } = await importNamed(name);
    const expected = decodeNpy(await readFile(path.join(folder, `${name}.npy`))).data;
    const neurons = Int32Array.from(card.neurons.keys());
    const whole = await engine.respond({ digest, stimuli, neurons });
    const range = Math.max(...expected) - Math.min(...expected);
    expect(whole).toHaveLength(expected.length);
    expect(greatestDifference(whole, expected as Float32Array)).toBeLessThan(tolerance * range);

    const some = await engine.respond({
      digest,
      stimuli: sliceStimuli(stimuli, 1, 3),
      neurons: Int32Array.of(3, 0, 3),
    });
    const at = (image: number, neuron: number) => whole[image * neurons.length + neuron];
    expect([...some]).toEqual([1, 2].flatMap((image) => [3, 0, 3].map((i) => at(image, i))));
  });
}

test('a network of three channels sees colour, and so does its gradient', async () => {
  const { digest, card } = await importNamed('colour', 'colour');
  expect(card.stimulus).toMatchObject({ height: 20, width: 24, channels: 3 });
  const read = async (name: string) => decodeNpy(await readFile(path.join(folder, name)));
  const { data, shape } = await read('colour-pixels.npy');
  const [count, height, width] = shape as [number, number, number];
  const images = { count, height, width, channels: 3 as const, pixels: data as Float32Array };
  const expected = (await read('colour.npy')).data as Float32Array;
  const neurons = Int32Array.from(card.neurons.keys());
  const responses = await engine.respond({ digest, stimuli: images, neurons });
  const range = Math.max(...expected) - Math.min(...expected);
  expect(greatestDifference(responses, expected)).toBeLessThan(1e-4 * range);

  // [image, neuron, channel, pixel], in what the network is given
  const slopes = (await read('colour-gradient.npy')).data as Float32Array;
  const deviations = [0.2, 0.25, 0.3];
  const steepest = Math.max(...slopes.map(Math.abs)) / 0.2;
  const models = createFolderSource(path.join(folder, 'models'));
  const interpreter = createLocalInterpreter(await openBackend('wasm'), models);
  const model = { name: 'colour', version: card.version, digest };
  const { gradient } = await interpreter.gradient({ model, stimuli: images, neuron: 2 });
  await interpreter.close();
  const size = height * width;
  const wanted = Float32Array.from(gradient, (_, i) => {
    const [image, pixel, channel] = [Math.floor(i / (3 * size)), Math.floor(i / 3) % size, i % 3];
    return slopes[((image * 5 + 2) * 3 + channel) * size + pixel]! / deviations[channel]!;
  });
  expect(greatestDifference(gradient, wanted)).toBeLessThan(1e-3 * steepest);
});

test('the card has what was said of the network and what its graph says', async () => {
  const { card } = await importNamed('resnet');
  expect(card).toMatchObject({
    architecture: {
      id: 'onnx',
      input: { name: 'image', layout: 'nchw', type: 'float32', batch: 1 },
      output: { name: 'responses' },
    },
    stimulus: { height: 20, width: 24, scale: 255, offset: 0, degreesPerImage: null },
    response: { unit: 'none' },
    training: { importedFrom: 'onnx', license: 'CC0', source: 'a test' },
    weights: [{ file: 'network.onnx' }],
  });
  // 7x7 stem of 3 channels on 10x12 places; block on 3x3; readout of 16 channels
  const [stem, block, readout] = [
    8 * 3 * 49 * 120,
    (16 * 8 * 9 + 16 * 16 * 9 + 16 * 8) * 9,
    6 * 16,
  ];
  expect(card.architecture).toMatchObject({ multiplyAdds: stem + block + readout });

  const gaussian = (await importNamed('gaussian')).card;
  expect(gaussian.neurons.map(({ id }) => id)).toEqual([7, 3, 1, 0, 12]);
  expect(gaussian).toMatchObject({
    architecture: { input: { batch: 'any' } },
    stimulus: { degreesPerImage: 2.5 },
    response: { unit: 'spikes/s' },
  });
});

describe('with the graph of the gradient', () => {
  let interpreter: Interpreter;
  beforeAll(async () => {
    const models = createFolderSource(path.join(folder, 'models'));
    interpreter = createLocalInterpreter(await openBackend('wasm'), models);
  });
  afterAll(() => interpreter.close());

  /** [image][neuron][pixel], the sum of the channels' gradients in what the network is given, each by its factor. */
  async function expectedGradients(
    name: string,
    channelsLast: boolean,
    factors: readonly number[],
  ): Promise<Float32Array> {
    const { data } = decodeNpy(await readFile(path.join(folder, `${name}-gradient.npy`)));
    const size = stimuli.height * stimuli.width;
    const each = factors.length * size;
    return Float32Array.from({ length: data.length / factors.length }, (_, i) => {
      const [first, pixel] = [Math.floor(i / size) * each, i % size];
      return factors.reduce((sum, factor, channel) => {
        const at = channelsLast ? pixel * factors.length + channel : channel * size + pixel;
        return sum + factor * data[first + at]!;
      }, 0);
    });
  }

  test.for([
    ['gaussian', false, [1]],
    ['last', true, [1]],
    ['resnet', false, [255 / 58, 255 / 57, 255 / 57.5]],
  ] as const)(
    '%s: the gradients are those of PyTorch, within a thousandth of the steepest',
    async ([name, channelsLast, factors]) => {
      const { card, digest } = await importNamed(name, name);
      const model = { name, version: card.version, digest };
      const expected = await expectedGradients(name, channelsLast, factors);
      const steepest = Math.max(...expected.map(Math.abs));
      const [neurons, size] = [card.neurons.length, stimuli.height * stimuli.width];
      for (const neuron of card.neurons.keys()) {
        const { gradient, responses } = await interpreter.gradient({ model, stimuli, neuron });
        const columns = Int32Array.of(neuron);
        const served = await engine.respond({ digest, stimuli, neurons: columns });
        expect(greatestDifference(responses, served)).toBeLessThan(1e-6);
        for (let image = 0; image < stimuli.count; image++) {
          const at = (image * neurons + neuron) * size;
          const own = gradient.subarray(image * size, (image + 1) * size);
          const difference = greatestDifference(own, expected.subarray(at, at + size));
          expect(difference).toBeLessThan(1e-3 * steepest);
        }
      }
    },
  );

  test('the steps up the gradient raise a response', async () => {
    const { card, digest } = await importNamed('gaussian', 'gaussian');
    const model = { name: 'gaussian', version: card.version, digest };
    const terms = {
      ...{ seed: 1, steps: 10, stepSize: 0.2, background: 0.5, norm: 3, blur: 0, jitter: 0 },
      pixels: [0, 1],
    } as const;
    const begin = beginMaximisation(stimuli, 3, 2, terms);
    const request = { model, neuron: 1, id: 3, state: begin, terms, until: terms.steps };
    const { images } = await interpreter.maximise(request);
    const neurons = Int32Array.of(1);
    const before = await engine.respond({ digest, stimuli: begin.images, neurons });
    const after = await engine.respond({ digest, stimuli: images, neurons });
    for (const [i, response] of after.entries())
      expect(response).toBeGreaterThan(before[i]! * 1.01);
  });

  test('the gradient of another network is rejected', async () => {
    const found = importNamed('gaussian', 'last');
    await expect(found).rejects.toThrow(InputError);
    const other = importNamed('resnet', 'gaussian');
    await expect(other).rejects.toThrow(
      'the gradient takes 5 weights; expected 6, one for each neuron',
    );
  });
});

plainTest('docs/import.md shows the code that exports a gradient here', async () => {
  const text = (url: string) => readFile(new URL(url, import.meta.url), 'utf8');
  const [, code] = (await text('export_gradient.py')).split('"""\n\n');
  expect(await text('../../docs/import.md')).toContain(code);
});
