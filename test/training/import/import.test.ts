import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeSafetensors } from '../../../src/formats/safetensors.js';
import { readModel } from '../../../src/models/saved-model.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { openSite } from '../../../training/data/site.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { datasetOfSmallSite } from '../../support/datasets.js';
import { greatestDifference } from '../../support/numbers.js';
import { randomState, readGolden } from '../../support/published.js';
import { SIDE, writeSmallSite } from '../../support/sites.js';
import { BASE, createImportFolder, type ImportFolder, randomBase, SIZE } from './import-folder.js';

let place: ImportFolder;
beforeAll(async () => {
  place = await createImportFolder();
  await openBackend('wasm');
  await writeSmallSite(path.join(place.path, 'data'), 20, 40);
});
afterAll(() => place.remove());

test.each(ArchitectureId.options)(
  '%s: one file of several neurons responds as published',
  async (id) => {
    const golden = readGolden(id);
    const parameters = [...golden].filter(([name]) => name.startsWith('neuron'));
    await writeFile(
      path.join(place.path, `${id}.safetensors`),
      encodeSafetensors(new Map(parameters)),
    );
    const { out, notes } = await place.run(
      `--safetensors ./${id}.safetensors --architecture ${id} --out ./published/${id}`,
    );
    expect(notes).toEqual([
      `3 neurons, 0 to 2; ${id} with ${ARCHITECTURES[id].network.channels} channels`,
    ]);
    expect(out).toEqual([
      expect.stringMatching(/^saved \.\/published\/\w+\/1, digest [0-9a-f]{64}$/),
    ]);
    const input = golden.get('input')!;
    const responses = await place.respond(`published/${id}/1`, {
      count: input.shape[0]!,
      height: 50,
      width: 50,
      channels: 1 as const,
      pixels: input.data as Float32Array,
    });
    expect(greatestDifference(responses, golden.get('responses')!.data)).toBeLessThan(1e-4);
  },
);

test('networks of three input channels are imported in colour, and not in gray', async () => {
  const size = { ...SIZE, channels: 3 as const };
  await place.writeCheckpoints('colour', { 0: randomState('rf_cnn', BASE, size, 0) });
  const args = '--pytorch ./colour --architecture rf_cnn --out ./models/colour --stimulus';
  expect(await place.rejection(`${args} 24x24`)).toContain('has shape [3, 3, 5, 5]');
  await place.run(`${args} 24x24x3`);
  const { card } = await readModel(path.join(place.path, 'models/colour/1'));
  expect(card.stimulus).toMatchObject({ height: 24, width: 24, channels: 3 });
  const pixels = new Float32Array(24 * 24 * 3).fill(0.5);
  const stimuli = { count: 1, ...size, pixels };
  expect(await place.respond('models/colour/1', stimuli)).toHaveLength(1); // checks the golden ones
});

test('a folder of checkpoints becomes a model whose card names its source', async () => {
  const states = { 0: randomBase(0), 10: randomBase(1), 2: randomBase(2) };
  await place.writeCheckpoints('three', states);
  const args = '--pytorch ./three --architecture rf_cnn --out ./models/three --stimulus 24x24';
  const tensors = tf.memory().numTensors;
  const { notes } = await place.run(
    `${args} --unit dF/F --degrees-per-image 3.3 --background-gray 0.4 --scale 2 --offset -0.5`,
  );
  expect(tf.memory().numTensors).toBe(tensors);
  expect(notes).toEqual(['3 neurons, 0 to 10, without 1 and 7 more; rf_cnn with 3 channels']);
  const { card } = await readModel(path.join(place.path, 'models/three/1'));
  const unknown = { CORR: null, PT_J: null, PT_S: null, noiseCeiling: null, keptEpoch: null };
  expect(card).toMatchObject({
    architecture: { id: 'rf_cnn', ...BASE },
    stimulus: {
      ...SIZE,
      scale: 2,
      offset: -0.5,
      backgroundGray: 0.4,
      degreesPerImage: 3.3,
      trainingRange: null,
    },
    response: { unit: 'dF/F' },
    neurons: [0, 2, 10].map((id) => ({ id, ...unknown })),
    training: { importedFrom: 'pytorch' },
  });
  const { digests } = card.training as { digests: Record<string, string> };
  expect(Object.keys(digests)).toEqual(['neuron_0.pth', 'neuron_2.pth', 'neuron_10.pth']);

  // The same networks are computed one by one on stimuli scaled by hand.
  const pixels = Float32Array.from({ length: 2 * SIDE * SIDE }, (_, i) => ((i * 7) % 50) / 50);
  const stimuli = { count: 2, ...SIZE, channels: 1 as const, pixels };
  const all = await place.respond('models/three/1', stimuli);
  for (const [row, neuron] of ([0, 2, 10] as const).entries()) {
    await place.writeCheckpoints(`alone${neuron}`, { [neuron]: states[neuron] });
    const alone = `--pytorch ./alone${neuron} --architecture rf_cnn --stimulus 24x24`;
    await place.run(`${alone} --out ./models/alone${neuron}`);
    const scaled = { ...stimuli, pixels: pixels.map((pixel) => 2 * pixel - 0.5) };
    const own = await place.respond(`models/alone${neuron}/1`, scaled);
    expect(greatestDifference(own, [all[row]!, all[3 + row]!])).toBeLessThan(1e-5);
  }
});

test('a folder of safetensors and the prefix of a wrapper give the same model', async () => {
  const stimuli = {
    count: 1,
    ...SIZE,
    channels: 1 as const,
    pixels: new Float32Array(SIDE * SIDE).fill(0.3),
  };
  await place.writeCheckpoints('plain', { 4: randomBase(4) });
  const wrapped = new Map([...randomBase(4)].map(([name, each]) => [`module.net.${name}`, each]));
  await place.writeCheckpoints('wrapped', { 4: wrapped });
  await mkdir(path.join(place.path, 'tensors'));
  const file = path.join(place.path, 'tensors', 'neuron_4.safetensors');
  await writeFile(file, encodeSafetensors(wrapped));
  const common = '--architecture rf_cnn --stimulus 24x24 --out ./models';
  await place.run(`--pytorch ./plain ${common}/plain`);
  await place.run(`--pytorch ./wrapped ${common}/wrapped`);
  await place.run(`--safetensors ./tensors ${common}/tensors`);
  const expected = await place.respond('models/plain/1', stimuli);
  expect(await place.respond('models/wrapped/1', stimuli)).toEqual(expected);
  expect(await place.respond('models/tensors/1', stimuli)).toEqual(expected);
});

test('with the data of the site, the card says how well each neuron is predicted', async () => {
  await place.writeCheckpoints('seen', { 0: randomBase(0), 2: randomBase(2) });
  const args = '--pytorch ./seen --architecture rf_cnn --out ./models/seen --data ./data';
  const { out, notes, progress } = await place.run(`${args} --site small --scale 3`);
  expect(notes[1]).toBe('measuring on 40 validation images, on wasm (1 CPU thread)');
  expect(progress).toEqual(['responses 80 of 80\n']);
  expect(out).toHaveLength(3);
  const { card } = await readModel(path.join(place.path, 'models/seen/1'));
  expect(card.stimulus).toMatchObject({ ...SIZE, scale: 3, offset: 0, degreesPerImage: null });
  const [darkest, brightest] = card.stimulus.trainingRange!.mean;
  expect(card.stimulus.backgroundGray).toBeGreaterThan(darkest);
  expect(card.stimulus.backgroundGray).toBeLessThan(brightest);
  expect(card.training).toMatchObject({ digests: { 'valRsp_small.npy': expect.any(String) } });

  const site = await openSite(path.join(place.path, 'data'), 'small');
  const { validation } = site;
  const images = await validation.stimuli(Array.from({ length: validation.count }, (_, i) => i));
  const responses = await place.respond('models/seen/1', images);
  for (const [row, { id, CORR, PT_J }] of card.neurons.entries()) {
    const predicted = Array.from({ length: 40 }, (_, i) => responses[i * 2 + row]!);
    const real = Array.from({ length: 40 }, (_, i) => validation.responses[i * 3 + id]!);
    expect(CORR).toBeCloseTo(correlation(real, predicted), 5);
    expect(PT_J).not.toBeNull();
    expect(out[row]).toContain(`neuron ${id}: CORR ${CORR!.toFixed(3)}  PT_J `);
  }
  // Its golden stimuli are images of the site.
  const first = Buffer.from(card.golden.stimuli[0]!, 'base64');
  const pixels = images.pixels.subarray(0, SIDE * SIDE);
  expect([...first]).toEqual([...pixels].map((value) => Math.round(value * 255)));
  await site.close();
});

test('a dataset gives the same scores as the four files that it was made of, its unit and its degrees', async () => {
  const files = path.join(place.path, 'files');
  await writeSmallSite(files, 20, 40);
  await writeDataset(path.join(place.path, 'dataset'), await datasetOfSmallSite(files));
  await place.writeCheckpoints('both', { 0: randomBase(0), 2: randomBase(2) });
  const args = '--pytorch ./both --architecture rf_cnn --out ./models';
  await place.run(`${args}/files --data ./files --site small`);
  await place.run(`${args}/dataset --data ./dataset`);
  await place.run(`${args}/named --data ./dataset --unit dF/F --degrees-per-image 3`);
  const cardOf = async (name: string) =>
    (await readModel(path.join(place.path, 'models', name, '1'))).card;
  const [one, other, named] = [
    await cardOf('files'),
    await cardOf('dataset'),
    await cardOf('named'),
  ];
  expect(other.neurons).toEqual(one.neurons);
  expect(other.neurons.every(({ CORR }) => CORR !== null)).toBe(true);
  expect(other).toMatchObject({
    response: { unit: 'spikes/s' },
    stimulus: { degreesPerImage: 2 },
    training: { digests: { 'dataset.json': expect.any(String) } },
  });
  expect(one.response.unit).toBe('as recorded');
  expect(named).toMatchObject({ response: { unit: 'dF/F' }, stimulus: { degreesPerImage: 3 } });
});

function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((x, y) => x + y) / values.length;
  const centred = (values: readonly number[]) => values.map((value) => value - mean(values));
  const dot = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const [x, y] = [centred(a), centred(b)];
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}
