import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { gradientsInSlices, interpretInSlices } from '../../src/interpret/in-slices.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import { createTfjsInterpreter } from '../../src/interpret/tfjs-interpreter.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { openBackend } from '../../src/network/backends/open.js';
import { randomStream } from '../../src/network/random.js';
import { sliceStimuli } from '../../src/stimulus/stimuli.js';
import { goldenStimuli, saveGoldenModel } from '../support/golden-models.js';
import { greatestDifference } from '../support/numbers.js';
import { readGolden } from '../support/published.js';
import { SMALLEST_SIDE, saveRandomModel } from '../support/saved-models.js';
import { sharedFolder } from '../support/store.js';

const models = sharedFolder();
const check = () => {};

beforeAll(() => openBackend('wasm'));

test('interpretations of any models, stimuli and neurons leave no tensor behind', async () => {
  const before = tf.memory().numTensors;
  const interpreter = createTfjsInterpreter(await openBackend('wasm'), createFolderSource(models));
  const stimuli = {
    count: 1,
    height: SMALLEST_SIDE,
    width: SMALLEST_SIDE,
    channels: 1 as const,
    pixels: new Float32Array(SMALLEST_SIDE ** 2),
  };
  let held = 0;
  for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) {
    const { digest } = await saveRandomModel(models, name);
    const model = { name, version: 1, digest };
    await interpreter.interpret({ model, stimuli, neurons: Int32Array.of(1, 3) });
    await interpreter.gradient({ model, stimuli, neuron: 3 });
    // The interpreter keeps two models at most.
    if (i === 1) held = tf.memory().numTensors;
  }
  expect(tf.memory().numTensors).toBe(held);
  await interpreter.close();
  expect(tf.memory().numTensors).toBe(before);
});

test('an interpretation in slices is the same as a whole one', async () => {
  const id = 'ff_sa_cnn';
  const { digest } = await saveGoldenModel(models, id);
  const model = { name: id, version: 1, digest };
  const interpreter = createTfjsInterpreter(await openBackend('wasm'), createFolderSource(models));
  const random = randomStream('pieces');
  const count = 90; // A slice of 128 is 64 stimuli of 2 neurons, or 32 gradients.
  const pixels = Float32Array.from({ length: count * 2500 }, () => random.uniform());
  pixels.set(goldenStimuli(id).pixels);
  const stimuli = { count, height: 50, width: 50, channels: 1 as const, pixels };
  const neurons = Int32Array.of(2, 0);
  let checks = 0;
  const seen = await interpretInSlices(interpreter, { model, stimuli, neurons }, () => {
    checks += 1;
  });
  expect(checks).toBe(2);
  const golden = readGolden(id);
  const expected = (name: string, each: number) =>
    Float32Array.from({ length: 8 * 2 * each }, (_, i) => {
      const [image, neuron] = [Math.floor(i / each / 2), neurons[Math.floor(i / each) % 2]!];
      return golden.get(name)!.data[(image * 3 + neuron) * each + (i % each)]!;
    });
  expect(greatestDifference(seen.responses.subarray(0, 16), expected('responses', 1))).toBeLessThan(
    1e-4,
  );
  expect(
    greatestDifference(seen.attention!.subarray(0, 16 * 81), expected('centre_attention', 81)),
  ).toBeLessThan(1e-5);
  const last = sliceStimuli(stimuli, 89, 90);
  const alone = await interpretInSlices(interpreter, { model, stimuli: last, neurons }, check);
  expect(seen.attention!.slice(-162)).toEqual(alone.attention);
  expect(seen.surround.slice(-2)).toEqual(alone.surround);
  expect(seen.centre.slice(-2)).toEqual(alone.centre);
  expect(seen.bias).toEqual(alone.bias);

  const { gradients, responses } = await gradientsInSlices(
    interpreter,
    { model, stimuli, neurons },
    check,
  );
  const own = await gradientsInSlices(interpreter, { model, stimuli: last, neurons }, check);
  // The difference is about 1e-6, since the order of sums depends on the batch.
  expect(greatestDifference(gradients.slice(-5000), own.gradients)).toBeLessThan(1e-10);
  expect(greatestDifference(responses.slice(-2), own.responses)).toBeLessThan(1e-6);
  expect(greatestDifference(responses, seen.responses)).toBeLessThan(1e-5);
  await interpreter.close();
});

test('more neurons than fit into one slice come in their order', async () => {
  // The value of each stimulus and neuron is 1000 stimulus + neuron, in two cells.
  const interpret: Interpreter['interpret'] = async ({ stimuli, neurons }) => {
    expect(stimuli.count * neurons.length).toBeLessThanOrEqual(128);
    const each = Array.from({ length: stimuli.count }, (_, i) =>
      Array.from(neurons, (neuron) => 1000 * stimuli.pixels[i]! + neuron),
    ).flat();
    const [responses, cells] = [Float32Array.from(each), each.flatMap((value) => [value, -value])];
    const terms = { centre: responses, surround: responses, bias: Float32Array.from(neurons) };
    const masks = Float32Array.from([...neurons].flatMap((neuron) => [neuron, 1, 2, 3]));
    return { responses, ...terms, attention: Float32Array.from(cells), masks };
  };
  const stimuli = {
    count: 3,
    height: 1,
    width: 1,
    channels: 1 as const,
    pixels: Float32Array.of(0, 1, 2),
  };
  const neurons = Int32Array.from({ length: 300 }, (_, i) => 299 - i);
  const model = { name: 'a', version: 1, digest: '' };
  const seen = await interpretInSlices({ interpret }, { model, stimuli, neurons }, check);
  const expected = [0, 1, 2].flatMap((i) => Array.from(neurons, (neuron) => 1000 * i + neuron));
  expect([...seen.responses]).toEqual(expected);
  expect([...seen.surround]).toEqual(expected);
  expect([...seen.bias]).toEqual([...neurons]);
  expect([...seen.attention!]).toEqual(expected.flatMap((value) => [value, -value]));
  expect([...seen.masks!]).toEqual([...neurons].flatMap((neuron) => [neuron, 1, 2, 3]));
});

test('an interpretation whose client has disconnected is not computed', async () => {
  const refuse = () => {
    throw new Error('gone');
  };
  const interpret = () => Promise.reject(new Error('was asked'));
  const stimuli = {
    count: 1,
    height: 1,
    width: 1,
    channels: 1 as const,
    pixels: new Float32Array(1),
  };
  const model = { name: 'a', version: 1, digest: '' };
  const request = { model, stimuli, neurons: Int32Array.of(0) };
  await expect(interpretInSlices({ interpret }, request, refuse)).rejects.toThrow('gone');
  await expect(gradientsInSlices({ gradient: interpret }, request, refuse)).rejects.toThrow('gone');
});
