import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.js';
import { createNeuron } from '../../training/synthetic/neuron.js';
import { createPopulation } from '../../training/synthetic/population.js';
import { type SiteOptions, synthesizeSite, writeSite } from '../../training/synthetic/site.js';
import { createSynthesizeCommand } from '../../training/synthetic/synthesize-command.js';
import { type TrueNeuron, Truth } from '../../training/synthetic/truth.js';
import { greatestDifference } from '../support/numbers.js';

const SIDE = 50;
const OPTIONS: SiteOptions = {
  ...{ site: 's', seed: 1, neurons: 12, images: 6, validation: 3, repeats: 2 },
  ...{ surround: true, colour: true },
};
const site = synthesizeSite(OPTIONS);
const { neurons } = site.truth;

/** A preferred grating of a neuron in a colour that the weights of red, green and blue give, on gray. */
function grating(neuron: TrueNeuron, weights: readonly number[]): Float32Array {
  const theta = (neuron.orientation * Math.PI) / 180;
  return Float32Array.from({ length: SIDE * SIDE * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const x = (pixel % SIDE) - 24.5 - neuron.x;
    const y = 24.5 - Math.floor(pixel / SIDE) - neuron.y;
    const across = y * Math.cos(theta) - x * Math.sin(theta);
    const phase = 2 * Math.PI * neuron.spatialFrequency * across + (neuron.phase * Math.PI) / 180;
    return 0.5 + 0.25 * weights[i % 3]! * Math.cos(phase);
  });
}

test('neurons see the luminance or one difference of colours, and nothing of the others', () => {
  const kinds = new Set(neurons.map(({ colour }) => colour!.join()));
  expect([...kinds].toSorted()).toEqual(['-0.5,-0.5,1', '0.2126,0.7152,0.0722', '1,-1,0']);
  for (const neuron of neurons) {
    const respond = createNeuron(neuron);
    const gray = respond(grating(neuron, [1, 1, 1])) - neuron.baseline;
    const redGreen = respond(grating(neuron, [0.7152, -0.2126, 0])) - neuron.baseline; // one luma
    const isOpponent = neuron.colour![2] !== 0.0722;
    expect(isOpponent ? gray : redGreen).toBeLessThan(1e-6);
    expect(isOpponent ? redGreen : gray).toBeGreaterThan(1e-3);
  }
});

test('a neuron responds to colours as a gray one to their weighted sum', () => {
  const gray = site.truth.neurons.map(({ colour, ...rest }) => rest);
  const image = Float32Array.from(site.trainImages.subarray(0, SIDE * SIDE * 3), (v) => v / 255);
  for (const [i, neuron] of neurons.entries()) {
    const [red, green, blue] = neuron.colour!;
    const sum = Float32Array.from({ length: SIDE * SIDE }, (_, pixel) => {
      const at = (channel: number) => image[3 * pixel + channel]! - 0.5;
      return 0.5 + red * at(0) + green * at(1) + blue * at(2);
    });
    expect(createNeuron(neuron)(image)).toBeCloseTo(createNeuron(gray[i]!)(sum), 5);
  }
});

test('the noiseless responses of a population are those of its neurons', () => {
  const population = createPopulation(1, 3, true, true);
  const into = new Float64Array(3);
  const image = site.trainImages.slice(0, SIDE * SIDE * 3);
  population.respond(image, into);
  const pixels = Float32Array.from(image, (value) => value / 255);
  const each = population.neurons.map((neuron) => createNeuron(neuron)(pixels) - neuron.baseline);
  expect(greatestDifference(into, each)).toBeLessThan(1e-6);
});

test('images are in colour, and the same for the same seed', () => {
  const image = site.trainImages.subarray(0, SIDE * SIDE * 3);
  const differing = image.filter((value, i) => value !== image[i - (i % 3)]);
  expect(differing.length).toBeGreaterThan(SIDE * SIDE);
  expect(synthesizeSite({ ...OPTIONS, neurons: 1 }).trainImages).toEqual(site.trainImages);
  expect(synthesizeSite({ ...OPTIONS, seed: 2 }).trainImages).not.toEqual(site.trainImages);
});

test('the files have three channels at the end', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'synthetic-colour-'));
  try {
    await writeSite(folder, site);
    const { shape, data } = decodeNpy(await readFile(join(folder, 'train_img_s.npy')));
    expect(shape).toEqual([6, SIDE, SIDE, 3]);
    expect(data).toEqual(site.trainImages);
    const truth = Truth.parse(JSON.parse(await readFile(join(folder, 'truth.json'), 'utf8')));
    expect(truth.images.channels).toBe(3);
    expect(truth.neurons).toEqual(neurons);
    await createSynthesizeCommand().parseAsync(
      [
        '--out',
        folder,
        '--site',
        'c',
        '--neurons',
        '1',
        '--images',
        '2',
        '--validation',
        '2',
      ].concat(['--repeats', '1', '--colour', '--force']),
      { from: 'user' },
    );
    const made = decodeNpy(await readFile(join(folder, 'val_img_c.npy')));
    expect(made.shape).toEqual([2, SIDE, SIDE, 3]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
