import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { createModelRepository } from '../../../../src/inference/model-repository.js';
import { createTfjsEngine } from '../../../../src/inference/tfjs/tfjs-engine.js';
import { type ModelCard, NeuronCard } from '../../../../src/models/card.js';
import { createFolderSource } from '../../../../src/models/folder-source.js';
import { readModel, readWeights } from '../../../../src/models/saved-model.js';
import { openBackend } from '../../../../src/network/backends/open.js';
import { selectRows } from '../../../../training/data/rows.js';
import { openSite } from '../../../../training/data/site.js';
import { mergeShards } from '../../../../training/run/shards/merge.js';
import type { Shard } from '../../../../training/run/shards/shard.js';
import { trainModel } from '../../../../training/run/train-model.js';
import { fakeMachine } from '../../../support/machine.js';
import { greatestDifference } from '../../../support/numbers.js';
import { writeSmallSite } from '../../../support/sites.js';
import { bitsOf } from '../../../support/small-training.js';
import { sharedFolder } from '../../../support/store.js';

const NEURONS = 5;
const RECIPE = 'rf_sa_cnn_star_incr';

const folder = sharedFolder();
/** A model in two stages, trained whole, and its three shards. */
let whole = '';
let sharded = '';
let models = '';
beforeAll(async () => {
  await writeSmallSite(folder, 60, 20, NEURONS);
  [whole, sharded] = [path.join(folder, 'whole', 'm'), path.join(folder, 'sharded', 'm')];
  await train(whole);
  for (const index of [2, 0, 1]) await train(sharded, { index, of: 3 });
});
beforeEach(async () => {
  models = await mkdtemp(path.join(folder, 'models-'));
  await cp(path.dirname(sharded), models, { recursive: true });
});

async function train(
  out: string,
  shard?: Shard,
  chunk = 1,
  neurons?: readonly number[],
): Promise<void> {
  const site = await openSite(folder, 'small');
  await trainModel(
    {
      site,
      repeats: null,
      backend: await openBackend('wasm'),
      recipe: RECIPE,
      epochs: 1,
      seed: 1,
      loss: 'mse',
      responses: 'recorded',
      select: 'validation',
      freeze: 'published',
      neurons,
      from: undefined,
      chunk,
      shard,
      resume: false,
      wait: false,
      out,
      unit: 'dF/F',
      degreesPerImage: null,
    },
    fakeMachine().machine,
  );
  await site.close();
}

const shardPath = (index: number, of = 3, suffix = '') =>
  path.join(models, 'm.shards', `${index}-of-${of}${suffix}`);

/** Changes the card of a shard. */
async function patch(index: number, change: (card: ModelCard) => object, suffix = '') {
  const file = path.join(shardPath(index, 3, suffix), '1', 'card.json');
  const card = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...card, ...change(card) }));
}

test('the shards of chosen neurons merge to these neurons of the whole model', async () => {
  const [out, chosen] = [path.join(folder, 'chosen', 'm'), [0, 2, 4]];
  for (const index of [0, 1]) await train(out, { index, of: 2 }, 1, chosen);
  const merged = await mergeShards(out);
  expect(merged.card.neurons.map(({ id }) => id)).toEqual(chosen);
  const all = await readModel(path.join(whole, '1'));
  expect(bitsOf(await readWeights(merged))).toEqual(
    bitsOf(selectRows(await readWeights(all), chosen)),
  );
});

test('the shards of a model merge to the model that is trained whole, stages included', async () => {
  const merged = await mergeShards(path.join(models, 'm'));
  expect(merged.folder).toBe(path.join(models, 'm', '1'));
  for (const stage of ['', '.rf_cnn_30']) {
    const [a, b] = [`${models}/m${stage}/1`, `${whole}${stage}/1`];
    const weights = (model: string) => readFile(path.join(model, 'weights.safetensors'));
    expect((await weights(a)).equals(await weights(b))).toBe(true);
    const [{ card }, { card: expected }] = [await readModel(a), await readModel(b)];
    expect(card.neurons).toEqual(expected.neurons);
    expect(card.golden.stimuli).toEqual(expected.golden.stimuli);
    const [found, wanted] = [card.golden.responses.flat(), expected.golden.responses.flat()];
    expect(greatestDifference(found, wanted)).toBeLessThan(1e-5);
    const {
      date: _,
      seconds: __,
      base,
      ...training
    } = expected.training as { base?: object } & Record<string, unknown>;
    expect(card.training).toMatchObject(training);
    if (base) {
      const { digest } = await readModel(`${models}/m.rf_cnn_30/1`);
      expect(card.training).toMatchObject({ base: { ...base, digest } });
    }
    expect('shard' in card.training).toBe(false);
  }
  const engine = createTfjsEngine(await openBackend('wasm'));
  const logger = pino({ level: 'silent' });
  const repository = createModelRepository({ source: createFolderSource(models), engine, logger });
  await repository.reload();
  const { served, unusable } = repository;
  expect(served.map(({ name, version }) => `${name}/${version}`).toSorted()).toEqual([
    'm.rf_cnn_30/1',
    'm/1',
  ]);
  expect(unusable).toEqual([]);
  await engine.close();
});

test('each neuron is predicted as well when all are trained in one process', async () => {
  const together = path.join(folder, 'together', 'm');
  await train(together, undefined, NEURONS);
  const { card } = await mergeShards(path.join(models, 'm'));
  const { card: expected } = await readModel(`${together}/1`);
  for (const [i, { CORR, keptEpoch }] of expected.neurons.entries()) {
    expect(card.neurons[i]!.keptEpoch).toBe(keptEpoch);
    expect(Math.abs(card.neurons[i]!.CORR! - CORR!)).toBeLessThan(1e-3);
  }
});

test('a second merge is the next version of the same stage', async () => {
  const out = path.join(models, 'm');
  await mergeShards(out);
  expect((await mergeShards(out)).card.version).toBe(2);
  expect(await readdir(`${out}.rf_cnn_30`)).toEqual(['1']);
});

test('a shard that is trained again has the same weights', async () => {
  await train(path.join(models, 'm'), { index: 1, of: 3 });
  const [first, second] = await Promise.all(
    ['1', '2'].map((version) => readFile(path.join(shardPath(1), version, 'weights.safetensors'))),
  );
  expect(second!.equals(first!)).toBe(true);
});

test('shards that do not make one model are reported', async () => {
  const training = (changes: object) => (card: ModelCard) => ({
    training: { ...card.training, ...changes },
  });
  const cases: [string, () => Promise<unknown>][] = [
    ['a gap', () => rm(shardPath(1), { recursive: true })],
    ['no version', () => rm(path.join(shardPath(1), '1'), { recursive: true })],
    ['two divisions', () => cp(shardPath(1), shardPath(1, 2), { recursive: true })],
    [
      'a copied folder',
      async () => {
        await rm(shardPath(2), { recursive: true });
        await cp(shardPath(1), shardPath(2), { recursive: true });
      },
    ],
    [
      'a copied card',
      () =>
        patch(2, ({ training }) => ({
          name: '2-of-3',
          training: {
            ...training,
            shard: { index: 1, of: 3, siteNeurons: NEURONS },
          },
        })),
    ],
    ['no shard', () => patch(2, training({ shard: undefined }))],
    [
      'a neuron twice',
      () =>
        patch(2, ({ neurons }) => ({
          neurons: neurons.map((n) => NeuronCard.parse({ ...n, id: n.id - 2 })),
        })),
    ],
    [
      'a neuron nowhere',
      () => patch(2, ({ neurons }) => ({ neurons: neurons.map((n) => ({ ...n, id: n.id + 2 })) })),
    ],
    ['another recipe', () => patch(1, training({ recipe: 'rf_cnn' }))],
    ['another seed', () => patch(1, training({ seed: 2 }))],
    ['other epochs', () => patch(1, training({ epochs: 7 }))],
    ['another loss', () => patch(1, training({ loss: 'poisson' }))],
    ['another split', () => patch(1, training({ split: 'heldout' }))],
    [
      'other data',
      () =>
        patch(1, ({ training }) => ({
          training: {
            ...training,
            data: {
              site: 'small',
              trainingImages: 60,
              validationImages: 20,
              digests: {},
            },
          },
        })),
    ],
    [
      'another freezing',
      () =>
        patch(1, ({ training }) => ({
          training: {
            ...training,
            base: { ...('base' in training && training.base), freeze: 'still' },
          },
        })),
    ],
    ['another program', () => patch(1, training({ codeVersion: '9.9.9' }))],
    ['another backend', () => patch(1, training({ backend: 'tensorflow (GPU)' }))],
    [
      'another architecture',
      () =>
        patch(1, ({ architecture }) => ({
          architecture: { ...architecture, channels: 31 },
        })),
    ],
    ['another unit', () => patch(1, () => ({ response: { unit: 'spikes' } }))],
    [
      'its base is gone',
      () => rm(path.join(shardPath(1, 3, '.rf_cnn_30'), '1'), { recursive: true }),
    ],
    ['its base changed', () => patch(1, training({ seed: 2 }), '.rf_cnn_30')],
    ['a broken card', () => writeFile(path.join(shardPath(1), '1', 'card.json'), '{')],
    [
      'all stopped',
      async () => {
        for (const index of [0, 1, 2]) {
          await patch(index, ({ neurons }) => ({
            neurons: neurons.map((neuron) => ({ ...neuron, stopped: { epoch: 0, reason: 'so' } })),
          }));
        }
      },
    ],
    ['none', () => rename(path.join(models, 'm.shards'), path.join(models, 'elsewhere'))],
  ];
  const messages: string[] = [];
  for (const [name, corrupt] of cases) {
    await rm(models, { recursive: true });
    await cp(path.dirname(sharded), models, { recursive: true });
    await corrupt();
    const error = await mergeShards(path.join(models, 'm')).then(
      () => new Error('it was merged'),
      (reason: Error) => reason,
    );
    messages.push(`${name}: ${error.message.replaceAll(models, 'models')}`);
    expect((await readdir(models)).filter((each) => each === 'm')).toEqual([]);
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "a gap: shard 1/3 is missing: models/m.shards/1-of-3 holds no model; train it with --shard 1/3",
      "no version: shard 1/3 is missing: models/m.shards/1-of-3 holds no model; train it with --shard 1/3",
      "two divisions: models/m.shards holds shards of 2 and of 3: delete those that are not meant",
      "a copied folder: models/m.shards/2-of-3/1: card.json is of 1-of-3 version 1, its folder says 2-of-3/1",
      "a copied card: models/m.shards/2-of-3/1: its card says shard 1/3",
      "no shard: models/m.shards/2-of-3/1: its card says that it is no shard",
      "a neuron twice: neuron 1 is in models/m.shards/1-of-3/1 and in models/m.shards/2-of-3/1",
      "a neuron nowhere: neuron 3 is in none of the shards",
      "another recipe: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: recipe rf_cnn, not rf_sa_cnn_star_incr",
      "another seed: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: seed 2, not 1",
      "other epochs: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: epochs 7, not 1",
      "another loss: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: loss poisson, not mse",
      "another split: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: split heldout, not validation",
      "other data: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: data not the same",
      "another freezing: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: freeze still, not published",
      "another program: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: version of the program 9.9.9, not 0.1.0",
      "another backend: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: backend tensorflow, not wasm",
      "another architecture: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: architecture not the same",
      "another unit: models/m.shards/1-of-3/1 is of another training than models/m.shards/0-of-3/1: unit spikes, not dF/F",
      "its base is gone: models/m.shards/1-of-3/1 began with a version of models/m.shards/1-of-3.rf_cnn_30 that is there no more",
      "its base changed: models/m.shards/1-of-3/1 began with a version of models/m.shards/1-of-3.rf_cnn_30 that is there no more",
      "a broken card: models/m.shards/1-of-3/1: card.json is not JSON",
      "all stopped: every neuron of every shard of models/m stopped: there is no model",
      "none: models/m.shards holds no shards: train them with --out models/m --shard i/n",
    ]
  `);
});

test('the card lists all devices of one backend', async () => {
  await patch(1, ({ training }) => ({
    training: { ...training, backend: 'wasm (2 CPU threads)' },
  }));
  const { card } = await mergeShards(path.join(models, 'm'));
  expect(card.training).toMatchObject({ backend: 'wasm (1 CPU thread; 2 CPU threads)' });
});
