import { mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.js';
import { readModel, readWeights } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { randomStream } from '../../src/network/random.js';
import { neuronMetrics } from '../../src/tuning/metrics.js';
import type { DataRules } from '../../training/data/data-rules.js';
import type { Recording } from '../../training/data/recording.js';
import { openSite, type Site } from '../../training/data/site.js';
import { splitSite } from '../../training/data/split.js';
import { writeDataset } from '../../training/dataset/write-dataset.js';
import { createEvaluateCommand } from '../../training/evaluation/evaluate-command.js';
import { evaluate } from '../../training/run/fit.js';
import { Interrupted } from '../../training/run/interruption.js';
import { type PopulationState, trainPopulation } from '../../training/run/population.js';
import { createTrainCommand } from '../../training/train-command.js';
import { datasetOfSmallSite } from '../support/datasets.js';
import { saveSmallModel } from '../support/evaluated-models.js';
import { fakeMachine } from '../support/machine.js';
import { siteRejection, writeSiteFile, writeSmallSite } from '../support/sites.js';
import { bitsOf, smallTask, withoutThird, withResponses } from '../support/small-training.js';
import { sharedFolder } from '../support/store.js';

const folder = sharedFolder();
const VALIDATION = 30;
let place = '';
beforeAll(() => openBackend('wasm'));
beforeEach(async () => {
  place = await mkdtemp(path.join(folder, 'site-'));
  await writeSmallSite(place, 60, VALIDATION);
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  vi.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

async function opened<T>(use: (site: Site) => Promise<T> | T, rules: Partial<DataRules> = {}) {
  const site = await openSite(place, 'small', rules);
  try {
    return await use(site);
  } finally {
    await site.close();
  }
}

/** Writes NaN for the responses of one neuron to all images but the first ones. */
async function keepFirst(file: string, neuron: number, kept: number): Promise<void> {
  const { data, shape } = decodeNpy(await readFile(path.join(place, `${file}_small.npy`)));
  const responses = Float32Array.from(data);
  for (let image = kept; image < shape[0]!; image++) responses[3 * image + neuron] = Number.NaN;
  await writeSiteFile(place, file, responses, shape);
}

test('a neuron that was measured for too few images is rejected by name, others with a warning', async () => {
  await keepFirst('valRsp', 1, 20);
  await keepFirst('valRsp', 0, 3);
  await keepFirst('trainRsp', 2, 59);
  const warnings = () => opened((site) => site.warnings, { allowFew: true });
  expect(await warnings()).toEqual([
    '1 of the 3 neurons were not measured for all 60 training images, the least measured one for 59; each neuron has its own images left out',
    '2 of the 3 neurons were not measured for all 30 validation images, the least measured one for 3; each neuron has its own images left out',
  ]);
  await keepFirst('valRsp', 0, 2);
  expect(await siteRejection(place)).toBe(
    'neuron 0 was measured for 2 of the 30 validation images; expected at least 3: leave it out with ' +
      'train --neurons, or pass --allow-few where it was measured for any',
  );
  expect((await warnings())[1]).toMatch(/one for 2;/);
  await keepFirst('valRsp', 0, 0);
  await keepFirst('valRsp', 1, 2);
  expect(await siteRejection(place)).toMatch(
    /^neuron 0 was measured for 0 of the 30 .*, and 1 more for too few; expected at least 3/,
  );
  expect(await siteRejection(place, { allowFew: true })).toMatch(
    /^neuron 0 was measured for 0 of the 30 validation images; expected at least 1/,
  );
});

test('a neuron that was never measured is left out: the others are trained, and keep their ids', async () => {
  await keepFirst('trainRsp', 1, 0);
  await keepFirst('valRsp', 1, 0);
  const out = path.join(place, 'some');
  const train = (words: string) => {
    const fixed = `--data ${place} --site small --recipe rf_cnn --epochs 1 --backend wasm --out ${out}`;
    const command = createTrainCommand({}, fakeMachine().machine).exitOverride();
    return command.parseAsync(`${fixed} ${words}`.split(' '), { from: 'user' });
  };
  await expect(train('--seed 1')).rejects.toThrow(/^neuron 1 was measured for 0 of the 60/);
  await expect(train('--neurons 0-1')).rejects.toThrow(/^neuron 1 was measured for 0 of the 60/);
  await expect(train('--neurons 0,3')).rejects.toThrow(
    'unknown neuron: 3; expected ids from 0 to 2, as the data have them',
  );
  for (const select of ['validation', 'heldout']) {
    await train(`--neurons 2,0 --select ${select}`);
  }
  const [first, second] = [await readModel(`${out}/1`), await readModel(`${out}/2`)];
  expect(first.card.neurons.map(({ id }) => id)).toEqual([0, 2]);
  expect(second.card.training).toMatchObject({ split: 'heldout' });
  const { neurons } = await evaluateSmall(`${out}/1`);
  expect(neurons.map(({ id }: { id: number }) => id)).toEqual([0, 2]);
  await train('--neurons 2 --resume');
  expect((await readModel(`${out}/3`)).card.neurons).toEqual([first.card.neurons[1]]);
});

test('a neuron that was measured for too few held-out images is rejected by name', async () => {
  await keepFirst('trainRsp', 1, 20);
  const held = opened((site) => splitSite(site, 'heldout', 1));
  await expect(held).rejects.toThrow(
    /^neuron 1 was measured for \d of the 6 held-out images; expected at least 3: leave it out with train --neurons, or train with --select validation$/,
  );
  expect(await opened((site) => splitSite(site, 'validation', 1).training.count)).toBe(60);
});

test('CORR, PT_J and PT_S are those of the measured images alone', async () => {
  await opened(({ validation }) => {
    const random = randomStream(1, 'predicted');
    const values = Float32Array.from({ length: 3 * VALIDATION }, () => random.normal());
    const predicted = { stimuli: VALIDATION, neurons: 3, values };
    const some = withoutThird(validation, [0, 2]);
    const fits = evaluate(some, [0, 1, 2], predicted);
    for (const [neuron, fit] of fits.entries()) {
      const left = Array.from({ length: VALIDATION }, (_, image) => 3 * image + neuron).filter(
        (i) => !Number.isNaN(some.responses[i]),
      );
      expect(left).toHaveLength(neuron === 1 ? 30 : 20);
      const { corr, ptJ, ptS } = neuronMetrics(
        left.map((i) => some.responses[i]!),
        left.map((i) => values[i]!),
      );
      expect(fit).toEqual({ CORR: corr, PT_J: ptJ, PT_S: ptS });
    }
  });
});

test('a neuron whose measured responses are all the same is not trained', async () => {
  await opened(async (site) => {
    const training = withResponses(site.training, 1, (i) => (i % 2 === 0 ? 0.5 : Number.NaN));
    const { neurons } = await trainPopulation(
      smallTask({ ...site, training }, [0, 1], { epochs: 1 }),
    );
    expect(neurons[1]!.stopped?.reason).toBe(
      'its responses to the training images are all the same',
    );
    expect(neurons[0]!.stopped).toBeUndefined();
  });
});

test('a training on what was measured is interrupted and resumes bit for bit, without a leak', async () => {
  await opened(async (site) => {
    const training = withoutThird(site.training, [0, 1]);
    const validation = withoutThird(site.validation, [1, 2]);
    // The second batch has no measured response of neuron 2 at all.
    const order = Uint32Array.from({ length: 60 }, (_, image) => image);
    randomStream(1, 'order', 1).shuffle(order);
    for (const image of order.subarray(20, 40)) training.responses[3 * image + 2] = Number.NaN;
    const task = smallTask({ training, validation }, [0, 1, 2]);
    const tensors = tf.memory().numTensors;
    const whole = await trainPopulation(task);
    let state: PopulationState | undefined;
    let batches = 0;
    const save = async (next: PopulationState) => {
      state = structuredClone(next);
    };
    const interruption = { isRequested: () => ++batches > 5 };
    await expect(trainPopulation(task, { save, interruption })).rejects.toThrow(Interrupted);
    const resumed = await trainPopulation(task, {}, state);
    expect(resumed.neurons).toEqual(whole.neurons);
    expect(bitsOf(resumed.weights)).toEqual(bitsOf(whole.weights));
    for (const { stopped, CORR } of whole.neurons) {
      expect(stopped).toBeUndefined();
      expect(CORR).not.toBeNull();
    }
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

test('a dataset and four files with the same gaps train the same networks and have the same ceilings', async () => {
  await opened(async ({ training, validation }) => {
    await writeSiteFile(place, 'trainRsp', withoutThird(training, [0, 1]).responses, [60, 3]);
    await writeSiteFile(place, 'valRsp', withoutThird(validation, [1, 2]).responses, [30, 3]);
  });
  const dataset = path.join(place, 'dataset');
  await writeDataset(dataset, await datasetOfSmallSite(place, true));
  const train = async (name: string, words: readonly string[]) => {
    const out = path.join(place, name);
    const fixed = ['--recipe', 'rf_cnn', '--epochs', '1', '--backend', 'wasm', '--out', out];
    const machine = fakeMachine();
    await createTrainCommand({}, machine.machine).parseAsync([...words, ...fixed], {
      from: 'user',
    });
    expect(machine.lines.join('\n')).toMatch(/2 of the 3 neurons were not measured for all 60/);
    return await readModel(path.join(out, '1'));
  };
  const one = await train('one', ['--data', place, '--site', 'small']);
  const other = await train('other', ['--data', dataset, '--responses', 'recorded']);
  expect(bitsOf(await readWeights(other))).toEqual(bitsOf(await readWeights(one)));
  expect(other.card.neurons).toEqual(one.card.neurons);
  expect(one.card.neurons.every(({ noiseCeiling }) => noiseCeiling !== null)).toBe(true);
});

/** The neurons of table.json of an evaluation, and its report. */
async function evaluateSmall(model: string) {
  const out = await mkdtemp(path.join(place, 'report-'));
  const words = ['--model', model, '--data', place, '--site', 'small', '--backend', 'wasm'];
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await createEvaluateCommand().parseAsync([...words, '--out', out], { from: 'user' });
  const { models } = JSON.parse(await readFile(path.join(out, 'table.json'), 'utf8'));
  return {
    neurons: models[0].neurons,
    report: await readFile(path.join(out, 'report.html'), 'utf8'),
  };
}

test('the scores and repeats of each neuron are those of a recording without its gaps', async () => {
  const model = path.join(place, 'model');
  await saveSmallModel(model, { architecture: 'ff_sa_cnn_star_simul', neurons: [2, 0, 1] });
  await datasetOfSmallSite(place); // which writes repeats
  const read = async (file: string) =>
    decodeNpy(await readFile(path.join(place, `${file}_small.npy`)));
  const [images, responses, repeats] = [
    await read('val_img'),
    await read('valRsp'),
    await read('valRspRepeats'),
  ];
  const whole = { count: VALIDATION, neurons: 3, responses: Float32Array.from(responses.data) };
  const gaps = withoutThird(whole as Recording, [0, 2]).responses;
  gaps[3 * 14] = Number.NaN; // the image that neuron 0 is predicted to respond to most
  const write = async (kept: readonly number[], own: ArrayLike<number>) => {
    const pixels = images.data.length / VALIDATION;
    const pick = (data: ArrayLike<number>, size: number) =>
      kept.flatMap((image) => Array.from({ length: size }, (_, i) => data[size * image + i]!));
    const trials = [0, 1, 2].flatMap((repeat) => {
      const each = repeats.data.subarray(3 * VALIDATION * repeat, 3 * VALIDATION * (repeat + 1));
      return pick(
        each.map((value, i) => (Number.isNaN(own[i]) ? Number.NaN : value)),
        3,
      );
    });
    const size = kept.length;
    await writeSiteFile(place, 'val_img', Uint8Array.from(pick(images.data, pixels)), [
      size,
      24,
      24,
    ]);
    await writeSiteFile(place, 'valRsp', Float32Array.from(pick(own, 3)), [size, 3]);
    await writeSiteFile(place, 'valRspRepeats', Float32Array.from(trials), [3, size, 3]);
  };
  const all = Array.from({ length: VALIDATION }, (_, image) => image);
  await write(all, gaps);
  const { neurons, report } = await evaluateSmall(model);
  expect(report).not.toContain('NaN');
  expect(report).toContain('not measured');
  expect(report).toContain('k too, is of the images that it was measured for');
  for (const [row, id] of [2, 0, 1].entries()) {
    const kept = all.filter((image) => !Number.isNaN(gaps[3 * image + id]));
    expect(kept).toHaveLength([19, 30, 20][id]!);
    await write(kept, whole.responses);
    const alone = await evaluateSmall(model);
    expect(neurons[row]).toEqual(alone.neurons[row]);
    expect(neurons[row].scores.CORR.value).not.toBeNull();
    expect(neurons[row].scores.CCmax.value).not.toBeNull();
    expect(alone.report.includes('not measured')).toBe(false);
  }
});
