import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stimulusTensor } from '../../src/interpret/interpretation.js';
import { type ModelCard, TrainingCard } from '../../src/models/card.js';
import { nativeCard } from '../../src/models/native-card.js';
import { readWeights } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { forward } from '../../src/network/forward.js';
import { column } from '../../src/tuning/response-matrix.js';
import { openSite, type Site } from '../../training/data/site.js';
import { decompose } from '../../training/evaluation/decomposition.js';
import type { Evaluation } from '../../training/evaluation/evaluation.js';
import { points, smoothed } from '../../training/evaluation/plots/curve.js';
import { predictRecording } from '../../training/evaluation/prediction.js';
import { findProvenance } from '../../training/evaluation/provenance.js';
import { byCorr, spread } from '../../training/evaluation/report/parts.js';
import { average, type NeuronScores } from '../../training/evaluation/scores.js';
import { textTable } from '../../training/evaluation/table.js';
import { createTopImages } from '../../training/evaluation/top-images.js';
import { writeFiles } from '../../training/evaluation/write-files.js';
import { tinyCard } from '../support/cards.js';
import { saveSmallModel } from '../support/evaluated-models.js';
import { greatestDifference } from '../support/numbers.js';
import { writeSmallSite } from '../support/sites.js';
import { sharedFolder } from '../support/store.js';

const IMAGES = 70;
/** More images than fit into one slice. */
const NEURONS = 18;

const folder = sharedFolder();
let site: Site;
beforeAll(async () => {
  await writeSmallSite(folder, 5, IMAGES, NEURONS);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(() => site.close());

test('a prediction in slices equals a whole one, and its terms and attention add up', async () => {
  const ids = Array.from({ length: NEURONS }, (_, id) => id);
  const options = { architecture: 'ff_sa_cnn_star_incr_fc1', neurons: ids } as const;
  const saved = await saveSmallModel(path.join(folder, 'many'), options);
  const weights = await readWeights(saved);
  let reported = 0;
  const before = tf.memory().numTensors;
  const prediction = await predictRecording(
    nativeCard(saved.card),
    [weights],
    site.validation,
    3,
    (count) => {
      reported += count;
    },
  );
  expect(tf.memory().numTensors).toBe(before);
  expect(reported).toBe(IMAGES * NEURONS);

  const stimuli = await site.validation.stimuli(Array.from({ length: IMAGES }, (_, i) => i));
  const [responses, attention] = tf.tidy(() => {
    const parameters = Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
    );
    const { scale, offset } = saved.card.stimulus;
    const x = stimulusTensor(stimuli).mul<tf.Tensor4D>(scale).add<tf.Tensor4D>(offset);
    const whole = forward(nativeCard(saved.card).architecture, parameters, x);
    return [whole.responses.dataSync<'float32'>(), whole.centreAttention!.arraySync()];
  });
  expect(greatestDifference(prediction.responses.values, responses)).toBeLessThan(1e-5);
  const { centre, surround, bias } = prediction.terms;
  const sums = centre.values.map((value, i) => value + surround.values[i]! + bias[i % NEURONS]!);
  expect(greatestDifference(sums, prediction.responses.values)).toBeLessThan(1e-5);

  expect(prediction.attention!.map).toMatchObject({ height: 3, width: 3 });
  expect(prediction.attention!.neurons).toHaveLength(NEURONS);
  for (const [neuron, { top, mean }] of prediction.attention!.neurons.entries()) {
    const own = column(prediction.responses, neuron);
    const best = [...own.keys()].sort((a, b) => own[b]! - own[a]! || a - b).slice(0, 3);
    expect(top.map(({ image }) => image)).toEqual(best);
    for (const { image, response, attention: row } of top) {
      expect(response).toBe(own[image]);
      expect(greatestDifference(row, attention[image]![neuron]!)).toBeLessThan(1e-5);
    }
    const expected = mean.map((_, cell) => {
      return attention.reduce((sum, image) => sum + image[neuron]![cell]!, 0) / IMAGES;
    });
    expect(greatestDifference(mean, expected)).toBeLessThan(1e-5);
  }
});

test('a response that is not finite is rejected with its neuron and image', async () => {
  const options = { architecture: 'rf_cnn', neurons: [4, 2] } as const;
  const { card, ...saved } = await saveSmallModel(path.join(folder, 'diverged'), options);
  const weights = await readWeights({ card, ...saved });
  weights.get('readout.bias')!.data[1] = Number.POSITIVE_INFINITY;
  await expect(
    predictRecording(nativeCard(card), [weights], site.validation, 1, () => {}),
  ).rejects.toThrow('its neuron 2 responds to image 0 with Infinity: its training diverged');
});

test('the decomposition averages neurons, each in the order of its own prediction', () => {
  // two neurons, three images; rows are images
  const matrix = (values: number[]) => ({
    stimuli: 3,
    neurons: 2,
    values: Float32Array.from(values),
  });
  const centre = matrix([1, 0, 3, 1, 2, 5]);
  const surround = matrix([0, 2, 1, 0, 5, 1]);
  const bias = Float32Array.of(1, 3);
  const responses = matrix(
    centre.values.map((v, i) => v + surround.values[i]! + bias[i % 2]!) as never,
  );
  // By hand: neuron 0 predicts 2 5 8, so the order is 2 1 0; neuron 1 predicts 5 4 9, so it is 2 0 1.
  const result = decompose(responses, { centre, surround, bias }, 1);
  expect([...result.centre]).toEqual([3.5, 1.5, 1]);
  expect([...result.surround]).toEqual([3, 1.5, 0]);
  expect(result.bias).toBe(2);
  expect([...result.sum]).toEqual([8.5, 5, 3]);
  // The response rises from the mean 5.5 to 8.5, of which the centre rises from 2 to 3.5.
  expect(result.centreShareOfPeak).toBeCloseTo(1.5 / 3, 12);
});

test('the top images are those that a sort gives', () => {
  const responses = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(responses, fc.integer({ min: 1, max: 8 }), (values, most) => {
      const top = createTopImages(most);
      const row = new Float32Array(1);
      for (const [image, response] of values.entries()) {
        row[0] = image;
        top.offer(image, response, row);
      }
      const expected = values
        .map((response, image) => ({ image, response, attention: Float32Array.of(image) }))
        .sort((a, b) => b.response - a.response || a.image - b.image)
        .slice(0, most);
      expect(top.list()).toEqual(expected);
    }),
  );
});

test('the windows of a smoothed curve cover every rank once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), (length) => {
      const means = smoothed(Float64Array.from({ length }, () => 7));
      for (const { value } of means) expect(value).toBeCloseTo(7, 9);
      expect(means[0]!.rank).toBe(1);
      const ranks = means.map(({ rank }) => rank);
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      expect(ranks.at(-1)!).toBeLessThanOrEqual(length);
    }),
  );
  // 1, 2, 3, 4, then 5 to 5, 6 to 6, 7 to 7, 8 to 9, 10 to 11
  const curve = Float64Array.from({ length: 11 }, (_, i) => i + 1);
  expect(smoothed(curve).map(({ value }) => value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8.5, 10.5]);
});

test('a short curve is drawn whole, a long one with its ends and its peak', () => {
  const short = Float64Array.from({ length: 1000 }, (_, i) => -i);
  expect(points(short)).toEqual(Array.from(short, (value, i) => ({ rank: i + 1, value })));
  const long = Float64Array.from({ length: 20_000 }, (_, i) => -i);
  const drawn = points(long);
  expect(drawn.length).toBeLessThanOrEqual(1001);
  expect(drawn.slice(0, 20).map(({ rank }) => rank)).toEqual(
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
  expect(drawn.at(-1)).toEqual({ rank: 20_000, value: -19_999 });
});

test('places are spread evenly, including the ends', () => {
  expect(spread(3, 5)).toEqual([0, 1, 2]);
  expect(spread(9, 5)).toEqual([0, 2, 4, 6, 8]);
  expect(spread(9, 1)).toEqual([4]);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 2, max: 60 }),
      (length, count) => {
        const places = spread(length, count);
        expect(new Set(places).size).toBe(Math.min(length, count));
        expect([places[0], places.at(-1)]).toEqual([0, length - 1]);
      },
    ),
  );
});

test('neurons are sorted from the best to those without CORR', () => {
  expect(byCorr([0.1, null, -0.9, 0.5], (corr) => corr)).toEqual([0.5, 0.1, -0.9, null]);
});

test('averages leave out undefined values', () => {
  const neurons = [1, 4, null, 2, 9].map((value, id): NeuronScores => {
    const score = value === null ? { value, reason: 'none' } : { value };
    return { id, keptEpoch: 1, scores: { CORR: score }, repeats: null };
  });
  // squares about 4: 9 + 0 + 4 + 25 = 38, so the error is sqrt(38 / 3 / 4)
  const { standardError, ...rest } = average(neurons, 'CORR');
  expect(rest).toEqual({ neurons: 4, mean: 4, median: 3 });
  expect(standardError).toBeCloseTo(Math.sqrt(38 / 12), 12);
  expect(average(neurons.slice(0, 1), 'CORR')).toMatchObject({ mean: 1, standardError: null });
  expect(average(neurons, 'FEVE')).toMatchObject({ neurons: 0, mean: null });
});

test('the table says for how many neurons a measure is undefined, and why for the first', () => {
  const neurons = [null, 0.5, null].map((value, id): NeuronScores => {
    const score = value === null ? { value, reason: `no peak in ${id}` } : { value };
    const defined = { value: 0.25 };
    const scores = { CORR: defined, PT_J: score, PT_S: id === 0 ? score : defined };
    return { id: 5 + id, keptEpoch: 1, scores, repeats: null };
  });
  const models = [{ label: 'm/1', neurons, members: [] }] as unknown as Evaluation['models'];
  const evaluation = { models, hasRepeats: false } as Evaluation;
  const said = [
    '- m/1: PT_J is undefined for 2 of 3 neurons: neuron 5: no peak in 0; table.json has the reasons of the others',
    '- m/1: PT_S is undefined for 1 of 3 neurons: neuron 5: no peak in 0',
  ];
  const lines = textTable(evaluation, 3).split('\n');
  expect(lines.slice(3)).toEqual([
    'm/1    neuron 5  0.250      -      -',
    'm/1    neuron 6  0.250  0.500  0.250',
    'm/1    neuron 7  0.250      -  0.250',
    ...said,
  ]);
  expect(textTable(evaluation, 2).split('\n').slice(3)).toEqual([
    ...said,
    '3 neurons, each with its row in table.csv',
  ]);
});

test('an ensemble has the mean of its members below its own averages', () => {
  const score = (id: number, CORR: number | null): NeuronScores => ({
    id,
    keptEpoch: null,
    scores: { CORR: CORR === null ? { value: null, reason: 'constant' } : { value: CORR } },
    repeats: null,
  });
  const members = [
    [score(0, 0.5), score(1, 0.25)],
    [score(0, null), score(1, 0.125)],
  ];
  const neurons = [score(0, 0.5), score(1, 0.75)];
  const models = [{ label: 'e/1', neurons, members }] as unknown as Evaluation['models'];
  const [, mean, , ofMembers] = textTable({ models, hasRepeats: false } as Evaluation, 0).split(
    '\n',
  );
  expect(mean).toMatch(/^e\/1 +mean +0\.625 /);
  // The members' means are 0.375, and 0.125 over the neuron for which it is defined.
  expect(ofMembers).toMatch(/^ +members +0\.250 /);
});

test('the report describes a model by its card and its files', () => {
  const digests = { 'val_img_a.npy': 'a'.repeat(64), 'valRsp_a.npy': 'b'.repeat(64) };
  const card = tinyCard('x', 1);
  const trained = TrainingCard.parse(card.training);
  const reported = (training: ModelCard['training']) => {
    const { data, selection, optimistic } = findProvenance({ ...card, training }, digests);
    return `${data}; ${selection}; ${optimistic ? '' : 'not '}optimistic`;
  };
  const withData = (data: Partial<TrainingCard['data']>, split: TrainingCard['split']) =>
    reported({ ...trained, split, data: { ...trained.data, site: 'b', ...data } });
  const other = { ...digests, 'valRsp_a.npy': 'c'.repeat(64) };
  const imported = {
    importedFrom: 'pytorch',
    digests: {},
    codeVersion: '0',
    date: trained.date,
  } as const;
  expect([
    withData({ digests }, 'validation'),
    withData({ digests: other }, 'validation'),
    withData({ digests: {} }, 'validation'),
    withData({ digests, heldOutImages: 50 }, 'heldout'),
    withData({ digests, sharedImages: 8 }, 'validation'),
    withData({ digests: { 'train_img_b.npy': digests['val_img_a.npy'] } }, 'heldout'),
    reported(imported),
  ]).toMatchInlineSnapshot(`
    [
      "the validation files of the recording that it was trained on; each neuron's epoch was chosen by its CORR on these images, so CORR is optimistic; optimistic",
      "validation files of its training, except valRsp_a.npy; each neuron's epoch was chosen on other validation images; not optimistic",
      "not the recording that it was trained on, which is of site b; each neuron's epoch was chosen on other validation images; not optimistic",
      "the validation files of the recording that it was trained on; each neuron's epoch was chosen on 50 held-out training images; not optimistic",
      "the validation files of the recording that it was trained on; 8 of the 1 images are training images too; each neuron's epoch was chosen by its CORR on these images, so CORR is optimistic; optimistic",
      "the training images of the model, so CORR says nothing about new images; each neuron's epoch was chosen on some held-out training images; optimistic",
      "unknown: the parameters were imported from PyTorch; unknown: the parameters were imported; not optimistic",
    ]
  `);
  const ofDataset = { 'dataset.json': 'd'.repeat(64) };
  const training = { ...trained, split: 'validation', data: { ...trained.data, digests } } as const;
  expect(findProvenance({ ...card, training }, ofDataset, digests)).toMatchObject({
    data: expect.stringMatching(/^the validation files of the recording/),
    optimistic: true,
  });
  expect(findProvenance({ ...card, training }, ofDataset, other)).toMatchObject({
    data: expect.stringMatching(/^unknown: this is a dataset, and the model was trained on files/),
    optimistic: false,
  });
  const [first, ...rest] = card.neurons;
  const stopped = { ...first!, stopped: { epoch: 0, reason: 'a loss that is not finite' } };
  expect(findProvenance({ ...card, neurons: [stopped, ...rest] }, digests).stopped).toBe(1);
});

test('files are written whole or not at all', async () => {
  const out = path.join(folder, 'out');
  await writeFiles(out, { a: 'old', b: 'old' });
  await mkdir(path.join(out, 'c'));
  // The third file cannot replace a folder.
  await expect(writeFiles(out, { c: 'new' })).rejects.toThrow(/EISDIR|EEXIST|directory/);
  expect((await readdir(out)).sort()).toEqual(['a', 'b', 'c']);
  await writeFiles(out, { a: 'new' });
  expect(await readFile(path.join(out, 'a'), 'utf8')).toBe('new');
  expect(await readFile(path.join(out, 'b'), 'utf8')).toBe('old');
  expect((await readdir(out)).sort()).toEqual(['a', 'b', 'c']);
});
