import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Part } from '../../../src/datasets/card.js';
import type { NewTrial } from '../../../src/datasets/trial.js';
import { openTrials } from '../../../src/datasets/trials.js';
import { decodeNpy } from '../../../src/formats/npy.js';
import { TrainingCard } from '../../../src/models/card.js';
import { readModel, readWeights } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { randomStream } from '../../../src/network/random.js';
import type { StimulusImage } from '../../../src/stimulus/stimuli.js';
import { type DataPlace, openData } from '../../../training/dataset/open-data.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { createTrainCommand } from '../../../training/train-command.js';
import { newDataset } from '../../support/datasets.js';
import { fakeMachine } from '../../support/machine.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';
import { newTrial } from '../../support/trials.js';

const [SIDE, NEURONS, COUNT] = [24, 2, 44];
/** Every fourth image is for validation, the image 2 for test. */
const PARTS = Array.from({ length: COUNT }, (_, i): Part => {
  return i === 2 ? 'test' : i % 4 === 3 ? 'validation' : 'train';
});
const SIZE = { height: SIDE, width: SIDE, channels: 1, white: 255 } as const;

const folder = sharedFolder();
let bytes = new Uint8Array();
let place = '';
beforeAll(async () => {
  await writeSmallSite(folder, COUNT + 3, 20);
  const { data } = decodeNpy(await readFile(path.join(folder, 'train_img_small.npy')));
  bytes = Uint8Array.from(data);
  await openBackend('wasm');
});
beforeEach(async () => {
  place = await mkdtemp(path.join(folder, 'data-'));
});

/** The numbers that the trials of the images are. */
function draw(count: number, key: string): Float32Array {
  const random = randomStream(1, key);
  return Float32Array.from({ length: count * NEURONS }, () => random.normal());
}

const imageBytes = (image: number) => bytes.subarray(image * SIDE ** 2, (image + 1) * SIDE ** 2);
const grayImage = (image: number): StimulusImage => ({
  ...{ height: SIDE, width: SIDE },
  channels: 1,
  pixels: Float32Array.from(imageBytes(image), (value) => value / 255),
});

/** A dataset of the first images, each presented once but the image 0 twice, and of these trials after them. */
async function makeDataset(name: string, images: number, more: readonly number[] = []) {
  const once = [0, ...Array.from({ length: COUNT }, (_, i) => i)];
  const responses = draw(once.length, 'first').map((value, i) => (i === 9 ? Number.NaN : value));
  const out = path.join(place, name);
  await writeDataset(
    out,
    newDataset({
      images: bytes.slice(0, images * SIDE ** 2),
      size: SIZE,
      neurons: NEURONS,
      parts: Array.from({ length: images }, (_, i) => PARTS[i] ?? 'train'),
      trials: Float32Array.of(...responses, ...(more.length > 0 ? TRIAL_RESPONSES : [])),
      trialImages: Int32Array.from([...once, ...more]),
    }),
  );
  return out;
}

/** Two images that the dataset has, and three new ones, one of them twice. */
const TRIAL_IMAGES = [0, COUNT, 5, COUNT + 2, COUNT + 1, COUNT];
const TRIAL_RESPONSES = draw(TRIAL_IMAGES.length, 'trials').map((value, i) =>
  i === 3 ? Number.NaN : value,
);

function trials(): NewTrial[] {
  return TRIAL_IMAGES.map((image, i) => {
    const own = TRIAL_RESPONSES.subarray(i * NEURONS, (i + 1) * NEURONS);
    const responses = Array.from(own, (value) => (Number.isNaN(value) ? null : value));
    return newTrial(`trial ${i}`, grayImage(image), responses);
  });
}

async function readTraining(data: string, changes: Partial<DataPlace> = {}) {
  const { site, repeats } = await openData({ data, ...changes }, { allowFew: true });
  const { training, validation } = site;
  const all = Array.from({ length: training.count }, (_, i) => i);
  const { pixels } = await training.stimuli(all);
  const mixed = await training.stimuli([training.count - 1, 0]);
  expect([...mixed.pixels]).toEqual([...pixels.slice(-(SIDE ** 2)), ...pixels.slice(0, SIDE ** 2)]);
  await site.close();
  const { responses, digests } = training;
  const read = { pixels, responses, digests, validation: validation.responses, repeats };
  return { read, site };
}

test('a dataset with trials is the dataset that has them as trials of its own', async () => {
  const data = await makeDataset('grown', COUNT);
  const log = await openTrials(data);
  await log.append(trials());
  // New images come in the order of their first trials.
  const order = [COUNT, COUNT + 2, COUNT + 1];
  const original = bytes.slice();
  for (const [i, image] of order.entries()) {
    bytes.set(
      original.subarray(image * SIDE ** 2, (image + 1) * SIDE ** 2),
      (COUNT + i) * SIDE ** 2,
    );
  }
  const places = TRIAL_IMAGES.map((image) =>
    image < COUNT ? image : COUNT + order.indexOf(image),
  );
  const whole = await makeDataset('whole', COUNT + 3, places);
  bytes.set(original);
  const [grown, expected] = [await readTraining(data), await readTraining(whole)];
  expect(grown.read.pixels).toEqual(expected.read.pixels);
  expect(grown.read.responses).toEqual(expected.read.responses);
  expect(grown.read.digests).toEqual(expected.read.digests);
  expect(grown.read.validation).toEqual(expected.read.validation);
  expect(grown.site.trials).toEqual({
    use: 'joined',
    count: 6,
    newImages: 3,
    digest: log.digest(),
  });
  expect(grown.site.digests['trials/trials.ndjson']).toBe(log.digest());
  const without = await readTraining(data, { withoutTrials: true });
  expect(without.site.trials).toBeUndefined();
  expect(without.read.responses).toHaveLength(grown.read.responses.length - 3 * NEURONS);
  expect(Object.keys(without.site.digests)).not.toContain('trials/trials.ndjson');
});

test('trials alone are the training data where that is asked for', async () => {
  const data = await makeDataset('alone', COUNT);
  await expect(readTraining(data, { onlyTrials: true })).rejects.toThrow(
    `${data} has no trials; expected some; add them first, or train on the images of the dataset too`,
  );
  const log = await openTrials(data);
  await log.append(trials());
  const { read, site } = await readTraining(data, { onlyTrials: true });
  const joined = await readTraining(data);
  expect(site.training.count).toBe(5);
  // The images 0 and 5 have one trial each, without those of the dataset.
  const [first, sixth] = [TRIAL_RESPONSES.subarray(0, 2), TRIAL_RESPONSES.subarray(4, 6)];
  expect([...read.responses.subarray(0, 4)]).toEqual([...first, ...sixth]);
  expect([...read.responses.subarray(4)]).toEqual([...joined.read.responses.slice(-6)]);
  expect(read.validation).toEqual(joined.read.validation);
  expect(site.trials?.use).toBe('alone');
  expect(site.digests['trials/trials.ndjson alone']).toBe(log.digest());
});

test('trials of images for validation and test, of nearly equal ones and invalid ones are never trained on', async () => {
  const data = await makeDataset('kept', COUNT);
  const before = await readTraining(data);
  const log = await openTrials(data);
  const near = grayImage(7);
  const pixels = near.pixels.map((pixel) => 0.9 * pixel); // darker
  await log.append([
    newTrial('validation', grayImage(3), [1, 2]),
    newTrial('test', grayImage(2), [1, 2]),
    newTrial('near', { ...near, pixels }, [1, 2]),
    newTrial('invalid', grayImage(COUNT), [1, 2], { valid: false }),
  ]);
  const { read, site } = await readTraining(data);
  expect(read.responses).toEqual(before.read.responses);
  expect(read.validation).toEqual(before.read.validation);
  expect(site.trials).toBeUndefined();
  expect(site.warnings).toContain(
    '3 trials are left out: their images are for validation or test, or nearly equal to one of these',
  );
  await expect(readTraining(data, { onlyTrials: true })).rejects.toThrow(
    `${data} has no trials, of 4, that can be trained on; expected some`,
  );
});

async function train(data: string, words = '') {
  const out = path.join(place, 'models', 'm');
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const { machine, lines } = fakeMachine();
  try {
    const fixed = `--data ${data} --recipe rf_cnn --epochs 1 --backend wasm --allow-few --out ${out} ${words}`;
    await createTrainCommand({}, machine).parseAsync(fixed.trim().split(/\s+/), { from: 'user' });
    const version = String(log.mock.calls.flat().at(-1)).match(/m\/(\d+) in/)![1]!;
    return { saved: await readModel(path.join(out, version)), lines };
  } finally {
    log.mockRestore();
  }
}

test('train uses the trials by default, the card says which, and --resume tells them from others', async () => {
  const data = await makeDataset('trained', COUNT);
  const before = await train(data);
  const log = await openTrials(data);
  await log.append(trials());
  const { saved } = await train(data, '--resume');
  expect(saved.card.version).toBe(2);
  const own = TrainingCard.parse(saved.card.training).data;
  expect(own.trials).toEqual({ use: 'joined', count: 6, newImages: 3, digest: log.digest() });
  expect(own.trainingImages).toBe(PARTS.filter((part) => part === 'train').length + 3);
  const again = await train(data, '--resume');
  expect(again.saved.card.version).toBe(2);
  const without = await train(data, '--resume --without-trials');
  expect(without.saved.card.version).toBe(3);
  expect(bitsOf(await readWeights(without.saved))).toEqual(bitsOf(await readWeights(before.saved)));
  const alone = await train(
    data,
    `--resume --only-trials --from ${before.saved.folder} --fit readout`,
  );
  expect(alone.saved.card.version).toBe(4);
  expect(alone.lines.join('\n')).toContain(
    '2 neurons, 5 training (6 trials) and 11 validation images',
  );
  await expect(train(data, '--only-trials --without-trials')).rejects.toThrow(
    '--without-trials and --only-trials are both used; expected one of them',
  );
  await expect(train(folder, '--site small --only-trials')).rejects.toThrow(
    '--only-trials is used with --site; expected a dataset, which alone has trials',
  );
});
