import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tuningSweep } from '../../src/experiments/parametric.js';
import { decodeNpy } from '../../src/formats/npy.js';
import { planSweep } from '../../src/stimulus/sweep.js';
import { finish } from '../../src/tuning/fits/least-squares.js';
import { neuronTuning } from '../../src/tuning/parametric.js';
import { createNeuron } from '../../training/synthetic/neuron.js';
import { CALIBRATION_IMAGES } from '../../training/synthetic/population.js';
import {
  prepareFolder,
  type SiteOptions,
  synthesizeSite,
  writeSite,
} from '../../training/synthetic/site.js';
import { createSynthesizeCommand } from '../../training/synthetic/synthesize-command.js';
import { type TrueNeuron, Truth } from '../../training/synthetic/truth.js';
import { greatestDifference } from '../support/numbers.js';

const SIDE = 50;
const OPTIONS: SiteOptions = {
  site: 's',
  seed: 1,
  neurons: 12,
  images: 800,
  validation: 200,
  repeats: 10,
  surround: true,
};
const site = synthesizeSite(OPTIONS);
const { neurons } = site.truth;
const SMALL = { ...OPTIONS, neurons: 2, images: 3, validation: 2 };
const progress: { done: number; total: number }[] = [];
const small = synthesizeSite(SMALL, (done, total) => progress.push({ done, total }));

interface Grating {
  readonly orientation: number;
  readonly spatialFrequency: number;
  readonly phase: number;
  readonly diameter: number;
}

/** A grating of full contrast on gray around the receptive field of a neuron. */
function grating(neuron: TrueNeuron, { orientation, ...rest }: Grating): Float32Array {
  const theta = (orientation * Math.PI) / 180;
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const x = (i % SIDE) - 24.5 - neuron.x;
    const y = 24.5 - Math.floor(i / SIDE) - neuron.y;
    if (Math.hypot(x, y) > rest.diameter / 2) return 0.5;
    const across = y * Math.cos(theta) - x * Math.sin(theta);
    const phase = (rest.phase * Math.PI) / 180;
    return 0.5 + 0.5 * Math.cos(2 * Math.PI * rest.spatialFrequency * across + phase);
  });
}

/** The value at which the noiseless neuron responds most, with its true other parameters. */
function preferred(
  neuron: TrueNeuron,
  parameter: keyof Grating,
  values: readonly number[],
): number {
  const respond = createNeuron(neuron);
  const responses = values.map((value) =>
    respond(grating(neuron, { ...neuron, diameter: 100, [parameter]: value })),
  );
  return values[responses.indexOf(Math.max(...responses))]!;
}

/** (R at the best diameter - R at the largest) / R at the best, above baseline. */
function suppression(neuron: TrueNeuron): number {
  const respond = createNeuron(neuron);
  const responses = Array.from(
    { length: 24 },
    (_, i) => respond(grating(neuron, { ...neuron, diameter: 4 + 2 * i })) - neuron.baseline,
  );
  const best = Math.max(...responses);
  return (best - responses.at(-1)!) / best;
}

function column(matrix: Float32Array, n: number): number[] {
  const count = OPTIONS.neurons;
  return Array.from({ length: matrix.length / count }, (_, i) => matrix[i * count + n]!);
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test('neurons prefer the orientation of their ground truth', () => {
  for (const neuron of neurons) {
    const orientations = Array.from({ length: 91 }, (_, i) => neuron.orientation - 90 + 2 * i);
    const found = preferred(neuron, 'orientation', orientations);
    expect(Math.abs(found - neuron.orientation)).toBeLessThanOrEqual(5);
  }
});

test('neurons prefer the spatial frequency of their ground truth', () => {
  for (const neuron of neurons) {
    const frequencies = Array.from({ length: 60 }, (_, i) => 0.04 * 2 ** (i / 20));
    const found = preferred(neuron, 'spatialFrequency', frequencies);
    expect(Math.abs(Math.log2(found / neuron.spatialFrequency))).toBeLessThan(0.2);
  }
});

test('simple neurons respond to one phase, complex neurons to all', () => {
  for (const neuron of neurons) {
    const respond = createNeuron(neuron);
    const at = (phase: number) =>
      respond(grating(neuron, { ...neuron, diameter: 20, phase })) - neuron.baseline;
    const opposite = at(neuron.phase + 180) / at(neuron.phase);
    if (neuron.kind === 'complex') {
      expect(opposite).toBeGreaterThan(0.5);
      continue;
    }
    expect(opposite).toBeLessThan(0.2);
    const phases = Array.from({ length: 360 }, (_, i) => i);
    const turn = Math.abs(preferred(neuron, 'phase', phases) - neuron.phase);
    expect(Math.min(turn, 360 - turn)).toBeLessThanOrEqual(10);
  }
  expect(new Set(neurons.map(({ kind }) => kind)).size).toBe(2);
});

test('F1/F0 is above 1 for every simple neuron and below for every complex one, at any contrast', () => {
  const canvas = { height: SIDE, width: SIDE, channels: 1 as const, background: 0.5 };
  for (const neuron of neurons) {
    const respond = createNeuron(neuron);
    const blank = respond(new Float32Array(SIDE ** 2).fill(0.5));
    for (const contrast of [0.1, 0.2, 1]) {
      const { x, y, spatialFrequency } = neuron;
      const presented = planSweep(
        {
          stimulus: { grating: { x, y, spatialFrequency, contrast } },
          axes: [{ parameter: 'orientation', paths: { parameter: 'parameter', values: 'values' } }],
        },
        canvas,
      );
      const responses = Float64Array.from(presented.paint(), ({ image }) => respond(image.pixels));
      const { F1F0 } = finish(neuronTuning(tuningSweep(presented), responses, blank)).indices;
      if (neuron.kind === 'simple') expect(F1F0!.value).toBeGreaterThan(1.3);
      else expect(F1F0!.value).toBeLessThan(0.3);
    }
  }
});

test('a large grating suppresses neurons with a surround, and only those', () => {
  for (const neuron of neurons) {
    expect(suppression(neuron)).toBeGreaterThan(0.3);
    expect(suppression({ ...neuron, surroundWeight: 0 })).toBeLessThan(0.05);
  }
});

test('without a surround no neuron has one, and its receptive field stays the same', () => {
  const without = synthesizeSite({ ...OPTIONS, images: 1, validation: 2, surround: false });
  for (const [n, neuron] of without.truth.neurons.entries()) {
    expect(neuron.surroundWeight).toBe(0);
    expect(neurons[n]!.surroundWeight).toBeGreaterThan(0.3);
    expect(neuron.orientation).toBe(neurons[n]!.orientation);
  }
});

test('responses are sparse, peak at about 1, and one in ten is negative', () => {
  const responses = neurons.map((_, n) => column(site.trainResponses, n));
  const peaks = responses.map((values) => Math.max(...values));
  const sparseness = responses.map((values) => {
    const rectified = values.map((value) => Math.max(0, value));
    return 1 - average(rectified) ** 2 / average(rectified.map((value) => value ** 2));
  });
  const negative = responses.map((values) => average(values.map((value) => Number(value < 0))));
  const strong = responses.map((values, n) =>
    average(values.map((value) => Number(value > peaks[n]! / 2))),
  );
  for (const [n, peak] of peaks.entries()) {
    expect(peak).toBeGreaterThan(0.5);
    expect(peak).toBeLessThan(3);
    expect(sparseness[n]).toBeGreaterThan(0.3);
    expect(sparseness[n]).toBeLessThan(0.75);
    expect(negative[n]).toBeGreaterThan(0.02);
    expect(negative[n]).toBeLessThan(0.2);
  }
  expect(average(negative)).toBeGreaterThan(0.07);
  expect(average(negative)).toBeLessThan(0.15);
  expect(average(strong)).toBeLessThan(0.04);
});

test('the mean of the repeats is the prediction of the truth, up to the noise', () => {
  for (const [n, neuron] of neurons.entries()) {
    const respond = createNeuron(neuron);
    const clean = Array.from({ length: OPTIONS.validation }, (_, i) => {
      const image = site.validationImages.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE);
      return respond(Float32Array.from(image, (gray) => gray / 255));
    });
    const errors = column(site.validationResponses, n).map((value, i) => {
      const spread = Math.hypot(
        neuron.noise.additive,
        neuron.noise.multiplicative * (clean[i]! - neuron.baseline),
      );
      return (value - clean[i]!) / (spread / Math.sqrt(OPTIONS.repeats));
    });
    // The tolerances are five standard errors of the mean and the variance of standard scores.
    expect(Math.abs(average(errors))).toBeLessThan(5 / Math.sqrt(OPTIONS.validation));
    const variance = average(errors.map((error) => error ** 2));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / OPTIONS.validation));
    expect(neuron.noiseCeiling).toBeGreaterThan(0.85);
    expect(neuron.noiseCeiling).toBeLessThan(1);
  }
});

test('the same seed makes the same site, and another seed another one', () => {
  expect(synthesizeSite(SMALL)).toEqual(small);
  const other = synthesizeSite({ ...SMALL, seed: 2 });
  expect(other.trainImages).not.toEqual(small.trainImages);
  expect(other.trainResponses).not.toEqual(small.trainResponses);
  expect(other.truth.neurons).not.toEqual(small.truth.neurons);
});

test('more images or more neurons leave the others unchanged', () => {
  expect(small.trainImages).toEqual(site.trainImages.subarray(0, small.trainImages.length));
  for (let i = 0; i < 3; i++) {
    const row = site.trainResponses.subarray(i * OPTIONS.neurons, i * OPTIONS.neurons + 2);
    expect(small.trainResponses.subarray(2 * i, 2 * i + 2)).toEqual(row);
  }
});

test('progress counts every image once to the end', () => {
  const total = CALIBRATION_IMAGES + SMALL.images + SMALL.validation;
  expect(progress).toEqual(Array.from({ length: total }, (_, i) => ({ done: i + 1, total })));
});

test('the files have the layout of the published sites', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'synthetic-'));
  try {
    await writeSite(folder, site);
    const read = async (file: string) => decodeNpy(await readFile(join(folder, file)));
    const trainImages = await read('train_img_s.npy');
    const trainResponses = await read('trainRsp_s.npy');
    const validationImages = await read('val_img_s.npy');
    const means = await read('valRsp_s.npy');
    const trials = await read('valRspRepeats_s.npy');
    expect(trainImages).toMatchObject({ stored: 'u1', shape: [800, SIDE, SIDE] });
    expect(trainResponses).toMatchObject({ stored: 'f4', shape: [800, 12] });
    expect(validationImages).toMatchObject({ stored: 'u1', shape: [200, SIDE, SIDE] });
    expect(means).toMatchObject({ stored: 'f4', shape: [200, 12] });
    expect(trials).toMatchObject({ stored: 'f4', shape: [10, 200, 12] });
    expect(Buffer.from(site.trainImages).equals(Buffer.from(trainImages.data))).toBe(true);
    expect(greatestDifference(trainResponses.data, site.trainResponses)).toBe(0);
    expect(Buffer.from(site.validationImages).equals(Buffer.from(validationImages.data))).toBe(
      true,
    );
    const averaged = Float64Array.from(means.data, (_, i) =>
      average(Array.from({ length: 10 }, (_, r) => trials.data[r * means.data.length + i]!)),
    );
    expect(greatestDifference(means.data, averaged)).toBeLessThan(1e-6);
    const truth: unknown = JSON.parse(await readFile(join(folder, 'truth.json'), 'utf8'));
    expect(Truth.parse(truth)).toEqual(site.truth);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('an existing site is overwritten only with --force', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'synthetic-'));
  try {
    await prepareFolder(join(folder, 'new', 'deep'), 's', false);
    expect(await readdir(join(folder, 'new'))).toEqual(['deep']);
    await writeFile(join(folder, 'valRsp_other.npy'), '');
    await prepareFolder(folder, 's', false);
    await writeFile(join(folder, 'valRsp_s.npy'), '');
    await expect(prepareFolder(folder, 's', false)).rejects.toThrow(/is there already.*--force/);
    await prepareFolder(folder, 's', true);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each([
  [['--neuron', '3'], "unknown option '--neuron'\n(Did you mean --neurons?)"],
  [['--neurons', '1.5'], 'must be a whole number from 1 to 10000'],
  [['--images', '0'], 'must be a whole number from 1 to 1000000'],
  [['--seed', '-1'], 'must be a whole number from 0'],
  [['--surround', 'maybe'], 'must be true or false'],
  [['--site', '../x'], 'must be made of letters, digits, _ and -'],
  [['more'], 'too many arguments'],
  [[], "required option '--out <folder>' not specified"],
])('the command line rejects %j', async (options, message) => {
  let said = '';
  const command = createSynthesizeCommand()
    .exitOverride()
    .configureOutput({ writeErr: (text) => (said += text) });
  const folder = options.length === 0 ? [] : ['--out', 'nowhere'];
  await expect(command.parseAsync([...folder, ...options], { from: 'user' })).rejects.toThrow();
  expect(said).toContain(message);
});
