import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { readModel, readWeights, type SavedModel } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { createEvaluateCommand } from '../../../training/evaluation/evaluate-command.js';
import { createTrainCommand } from '../../../training/train-command.js';
import { datasetOfSmallSite, newDataset, TINY } from '../../support/datasets.js';
import { fakeMachine } from '../../support/machine.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();
const files = path.join(folder, 'files');
const dataset = path.join(folder, 'dataset');
let digest = '';
beforeAll(async () => {
  await writeSmallSite(files, 60, 20);
  ({ digest } = await writeDataset(dataset, await datasetOfSmallSite(files, true)));
  await openBackend('wasm');
});

/** Trains on one epoch of the wasm backend. */
async function train(words: readonly string[], machine = fakeMachine()): Promise<SavedModel> {
  const out = path.join(await mkdtemp(path.join(folder, 'models-')), 'm');
  const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    const fixed = ['--recipe', 'rf_cnn', '--epochs', '1', '--backend', 'wasm', '--out', out];
    await createTrainCommand({}, machine.machine).parseAsync([...words, ...fixed], {
      from: 'user',
    });
  } finally {
    log.mockRestore();
  }
  return await readModel(path.join(out, '1'));
}

test.each(['validation', 'heldout'])(
  'a dataset trains the very networks of the four files it was made of (%s)',
  async (select) => {
    const one = await train(['--data', files, '--site', 'small', '--select', select]);
    const words = ['--data', dataset, '--responses', 'recorded'];
    const other = await train([...words, '--select', select]);
    expect(bitsOf(await readWeights(other))).toEqual(bitsOf(await readWeights(one)));
    expect(other.card.neurons).toEqual(one.card.neurons);
    expect(other.card.neurons.some(({ noiseCeiling }) => noiseCeiling !== null)).toBe(true);
    expect(other.card.golden).toEqual(one.card.golden);
    expect({ ...other.card.stimulus, degreesPerImage: null }).toEqual(one.card.stimulus);
  },
);

test('a dataset trains the very ensemble of the four files, with the same intervals', async () => {
  const words = ['--select', 'heldout', '--members', '2'];
  const one = await train(['--data', files, '--site', 'small', ...words]);
  const other = await train(['--data', dataset, '--responses', 'recorded', ...words]);
  expect(other.card.weights).toEqual(one.card.weights);
  expect(other.card.neurons).toEqual(one.card.neurons);
  expect(other.card.calibration).toEqual(one.card.calibration);
  expect(other.card.calibration?.intervals.length).toBeGreaterThan(0);
  expect(other.card.neurons[0]?.noiseCeiling).not.toBeNull();
});

test('the card of the model names the dataset, its files, its unit and its degrees', async () => {
  const { card } = await train(['--data', dataset]);
  const { files: digests } = JSON.parse(await readFile(`${dataset}/dataset.json`, 'utf8'));
  expect(card).toMatchObject({
    response: { unit: 'spikes/s' },
    stimulus: { degreesPerImage: 2 },
    training: {
      data: {
        ...{ site: 'made-up', trainingImages: 60, validationImages: 20 },
        digests: { 'dataset.json': digest, ...digests },
      },
    },
  });
  expect(card.training).not.toHaveProperty('data.white');
  const other = await train(['--data', dataset, '--unit', 'dF/F', '--degrees-per-image', '3']);
  expect(other.card).toMatchObject({
    response: { unit: 'dF/F' },
    stimulus: { degreesPerImage: 3 },
  });
});

test('a dataset is evaluated as the four files are', async () => {
  const model = await train(['--data', dataset]);
  const tables = [];
  for (const words of [
    ['--data', dataset],
    ['--data', files, '--site', 'small'],
  ]) {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const out = await mkdtemp(path.join(folder, 'report-'));
    const fixed = ['--model', model.folder, '--backend', 'wasm', '--out', out];
    await createEvaluateCommand().parseAsync([...words, ...fixed], { from: 'user' });
    const said = log.mock.calls.flat().join('\n');
    for (const spy of [log, error]) spy.mockRestore();
    const { models } = JSON.parse(await readFile(path.join(out, 'table.json'), 'utf8'));
    tables.push({ neurons: models[0].neurons, said: said.split('\n')[0] });
  }
  expect(tables[0]!.neurons).toEqual(tables[1]!.neurons);
  expect(tables[0]!.said).toContain('the validation files of the recording that it was trained on');
  expect(tables[1]!.said).toContain(
    'data: unknown: these are files of a site, and the model was trained on the dataset made-up; selection: each ' +
      "neuron's epoch was chosen by its CORR on images that may be these",
  );
});

/** The message with which `train` ends, without the path of the folder. */
async function rejection(words: readonly string[]): Promise<string> {
  const error = await train(words).then(
    () => new Error('it trained'),
    (reason: Error) => reason,
  );
  expect(error.name).toBe('InputError');
  return error.message.replaceAll(`${folder}/`, '');
}

test('--site goes with the four files alone, and --white too', async () => {
  expect(await rejection(['--data', files])).toBe(
    '--data files has no dataset.json, and there is no --site; expected the folder of a dataset, ' +
      'which hypercolumn ingest files makes of a recording, or --site with the name of the four .npy files there',
  );
  expect(await rejection(['--data', `${files}x`])).toBe(
    '--data: there is no file or folder filesx; expected the folder of a dataset; did you mean files?',
  );
  expect(await rejection(['--data', path.join(dataset, 'images.npy')])).toBe(
    '--data dataset/images.npy is a file; expected the folder of a dataset, which hypercolumn ingest ' +
      'dataset/images.npy makes of a recording',
  );
  expect(await rejection(['--data', dataset, '--site', 'small'])).toBe(
    'dataset/train_img_small.npy is not there: that folder holds a dataset: leave out --site',
  );
  expect(await rejection(['--data', dataset, '--white', '200'])).toMatch(
    /^--white 200 is given with a dataset, whose card has 255 for white; expected/,
  );
});

test('a dataset without validation images or with bad ones is rejected with the reason', async () => {
  const bare = path.join(folder, 'bare');
  const trials = TINY.trials.map((value) => value || 1);
  const parts = TINY.parts.map(() => 'train' as const);
  await writeDataset(bare, newDataset({ ...TINY, trials, parts }));
  expect(await rejection(['--data', bare])).toMatch(
    /^bare holds no validation images; expected some: make the dataset again with another --valid/,
  );
  const dark = path.join(folder, 'dark');
  await writeDataset(dark, newDataset({ ...TINY, trials, size: { ...TINY.size, white: 30_000 } }));
  expect(await rejection(['--data', dark])).toMatch(
    /^the training images of dark\/images.npy: image 1 has a pixel of 49338; expected 0 .*30000/,
  );
  const few = path.join(folder, 'few');
  await writeDataset(few, newDataset({ ...TINY, trials }));
  expect(await rejection(['--data', few])).toMatch(/^too few validation images: 1; expected/);
});
