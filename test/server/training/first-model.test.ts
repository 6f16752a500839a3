import path from 'node:path';
import { expect, test } from 'vitest';
import type { ModelCard } from '../../../src/models/card.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { tinyCard } from '../../support/cards.js';
import { newDataset, TINY } from '../../support/datasets.js';
import { detailOf } from '../../support/stored-sets.js';
import { createTrainingApp, postJson } from '../../support/training.js';

/** Pixels, which each of the networks below takes. */
const SIDE = 32;
const SIZE = { height: SIDE, width: SIDE };
const STIMULUS = { ...tinyCard('', 1).stimulus, ...SIZE };

/** A model of images of 32x32 pixels, trained with the recipe rf_cnn, of the neurons 0, 1, 2 and 7. */
function model(version: number, changes: Partial<ModelCard> = {}): ModelCard {
  const card = tinyCard('mine', version);
  const training = { ...card.training, recipe: 'rf_cnn' };
  return { ...card, stimulus: STIMULUS, training, ...changes } as ModelCard;
}

const BROKEN = model(1, { neurons: [] });

/** Asks for a training on a dataset of two neurons, which begins with the latest of some models. */
async function open(...models: ModelCard[]) {
  const { app, folder, training, jobs } = await createTrainingApp({ models });
  const images = new Uint8Array(4 * SIDE ** 2);
  const arrays = { ...TINY, images, size: { ...SIZE, channels: 1, white: 255 } as const };
  const { digest } = await writeDataset(path.join(folder, 'new'), newDataset(arrays));
  await writeDataset(training.datasets.place(digest), newDataset(arrays));
  const post = (body: object = {}) =>
    postJson((place, init) => app.request(place, init), `/v1/datasets/${digest}/train`, {
      ...{ name: 'next', from: { name: 'mine' } },
      ...body,
    });
  return { post, jobs };
}

test('a training that can begin with the model is accepted', async () => {
  const { post, jobs } = await open(model(1));
  expect((await post()).status).toBe(202);
  expect((await post({ recipe: 'rf_cnn', from: { name: 'mine', version: 1 } })).status).toBe(202);
  expect(await jobs.list()).toHaveLength(2);
});

test('a training that cannot begin with the model is rejected, and the message names the field', async () => {
  const rejected = async (
    changes: Partial<ModelCard>,
    body: object = {},
    path = 'from',
  ): Promise<string> => {
    const { post, jobs } = await open(BROKEN, model(2, changes));
    const answer = await post(body);
    const { detail, errors } = (await answer.clone().json()) as Record<string, unknown>;
    expect(errors).toEqual([{ path, message: detail }]);
    expect(await jobs.list()).toEqual([]);
    return await detailOf(answer);
  };
  expect(await rejected({}, { recipe: 'ff_cnn' })).toBe(
    '422 from mine/2 has another architecture: betaKernel 1; expected 3, as in ff_cnn: choose the recipe of that model, rf_cnn',
  );
  expect(await rejected({}, { loss: 'poisson' })).toBe(
    '422 from mine/2 has another architecture: output linear; expected softplus, as in rf_cnn: choose the recipe of that model, rf_cnn',
  );
  expect(await rejected({ stimulus: { ...STIMULUS, width: 33 } })).toBe(
    '422 from mine/2 has images of another size: 32x33; expected 32x32, as in the data',
  );
  expect(await rejected({ stimulus: { ...STIMULUS, scale: 2 } })).toBe(
    '422 from mine/2 has pixels on another scale: times 2 plus 0; expected a model that train made, whose networks see pixels of 0 to 1',
  );
  expect(await rejected({ neurons: model(1).neurons.slice(1) })).toBe(
    '422 from mine/2 has no network of neuron 0; expected one of each neuron that is trained: leave it out with neurons, or train it without from',
  );
  expect(await rejected({}, { from: { name: 'yours' } })).toBe(
    '422 from: unknown model: yours; expected one that GET /v1/models lists',
  );
  expect(await rejected({}, { from: { name: 'mine', version: 3 } })).toBe(
    '422 from: unknown model: mine/3; expected one that GET /v1/models lists',
  );
  expect(await rejected({}, { from: { name: 'mine', version: 1 } })).toMatch(
    /^422 from: mine\/1: card.json is not a model card: .*at neurons/s,
  );
  const { training, weights } = model(2);
  const files = ['a', 'b'].map((file) => ({ ...weights[0]!, file }));
  const members = files.map(({ file }) => ({ weights: file, training }));
  expect(await rejected({ members, weights: files })).toBe(
    '422 from mine/2 has 2 members; expected a model of one seed, with whose networks a training can begin',
  );
  const madeUp = { madeUp: 'untrained', seed: 1, codeVersion: '0.0.0' } as const;
  expect(await rejected({ training: madeUp }, {}, 'recipe')).toBe(
    '422 mine/2 was made without a recipe; expected one in the request',
  );
});

test('members of an ensemble begin anew', async () => {
  const { post, jobs } = await open(model(1));
  expect(await detailOf(post({ members: 2 }))).toBe(
    '422 members: goes without `from`: each member begins anew',
  );
  expect(await detailOf(post({ from: undefined, recipe: 'rf_cnn', members: 33 }))).toMatch(/^422 /);
  expect((await post({ from: undefined, recipe: 'rf_cnn', members: 2 })).status).toBe(202);
  expect(await jobs.list()).toHaveLength(1);
});
