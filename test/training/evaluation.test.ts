import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { stimulusTensor } from '../../src/interpret/interpretation.js';
import { nativeCard } from '../../src/models/native-card.js';
import { readModel, readWeights } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { forward } from '../../src/network/forward.js';
import { randomStream } from '../../src/network/random.js';
import { neuronMetrics } from '../../src/tuning/metrics.js';
import { ccNorm, feve } from '../../src/tuning/repeats.js';
import { column } from '../../src/tuning/response-matrix.js';
import { responseMatrix } from '../../training/data/recording.js';
import { openSite } from '../../training/data/site.js';
import { createEvaluateCommand } from '../../training/evaluation/evaluate-command.js';
import { type SmallModelOptions, saveSmallModel } from '../support/evaluated-models.js';
import { externalReferences, unbalancedTags } from '../support/pages.js';
import { writeSmallSite } from '../support/sites.js';
import { sharedFolder } from '../support/store.js';

const IMAGES = 40;
const REPEATS = 3;

const folder = sharedFolder();
let said: string[] = [];
beforeAll(async () => {
  await writeSmallSite(folder, 10, IMAGES);
  await openBackend('wasm');
});
beforeEach(() => {
  said = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => said.push(text));
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(path.join(folder, 'valRspRepeats_small.npy'), { force: true });
});

const at = (...parts: string[]) => path.join(folder, ...parts);

async function run(models: readonly string[], ...more: string[]): Promise<void> {
  const args = models.flatMap((model) => ['--model', at(model)]);
  const command = createEvaluateCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const where = ['--data', folder, '--site', 'small', '--backend', 'wasm'];
  await command.parseAsync([...args, ...where, ...more], { from: 'user' });
}

async function rejection(models: readonly string[], ...more: string[]): Promise<string> {
  const error = await run(models, ...more).then(
    () => new Error('it was evaluated'),
    (reason: Error) => reason,
  );
  return error.message.replaceAll(`${folder}/`, './');
}

/** Rows of a CSV file by the names of its columns. */
async function readCsv(file: string): Promise<Record<string, string>[]> {
  const [head, ...rows] = (await readFile(file, 'utf8')).trimEnd().split('\r\n');
  const names = head!.split(',');
  return rows.map((row) => {
    const cells = row.split(',');
    return Object.fromEntries(names.map((name, i) => [name, cells[i]!]));
  });
}

/** Repeats whose mean is the recorded response, row-major (repeats, images, neurons). */
async function writeRepeats(): Promise<Float64Array> {
  const site = await openSite(folder, 'small');
  const { responses } = site.validation;
  await site.close();
  const random = randomStream('evaluation repeats');
  const values = new Float64Array(REPEATS * responses.length);
  for (const [i, response] of responses.entries()) {
    const noise = Array.from({ length: REPEATS }, () => 0.2 * random.normal());
    const mean = noise.reduce((a, b) => a + b) / REPEATS;
    for (const [r, each] of noise.entries()) {
      values[r * responses.length + i] = response + each - mean;
    }
  }
  await writeFile(at('valRspRepeats_small.npy'), encodeNpy(values, [REPEATS, IMAGES, 3]));
  return values;
}

/** The responses of all neurons of a model in one pass. */
async function respond(model: string): Promise<number[][]> {
  const saved = await readModel(at(model));
  const weights = await readWeights(saved);
  const site = await openSite(folder, 'small');
  const stimuli = await site.validation.stimuli(Array.from({ length: IMAGES }, (_, i) => i));
  await site.close();
  return tf.tidy(() => {
    const parameters = Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
    );
    const { scale, offset } = saved.card.stimulus;
    const x = stimulusTensor(stimuli).mul<tf.Tensor4D>(scale).add<tf.Tensor4D>(offset);
    return forward(nativeCard(saved.card).architecture, parameters, x).responses.arraySync();
  });
}

const model = (name: string, options: SmallModelOptions) => saveSmallModel(at(name), options);

test('the table and report of two models have the numbers that are computed directly', async () => {
  await model('attending', { architecture: 'ff_sa_cnn_star_simul', neurons: [0, 1, 2] });
  await model('split', { architecture: 'ff_sa_cnn_star_incr_fc1', neurons: [2, 0] });
  const trials = await writeRepeats();
  const tensors = tf.memory().numTensors;
  await run(['attending', 'split/1'], '--out', at('report'));
  expect(tf.memory().numTensors).toBe(tensors);

  expect((await readdir(at('report'))).sort()).toEqual(['report.html', 'table.csv', 'table.json']);
  const rows = await readCsv(at('report', 'table.csv'));
  expect(rows.map((row) => `${row['model']} ${row['neuron']}`)).toEqual([
    'attending/1 0',
    'attending/1 1',
    'attending/1 2',
    'split/1 2',
    'split/1 0',
  ]);
  const site = await openSite(folder, 'small');
  const real = responseMatrix(site.validation);
  await site.close();
  for (const [name, ids] of [
    ['attending', [0, 1, 2]],
    ['split', [2, 0]],
  ] as const) {
    const responses = await respond(`${name}/1`);
    for (const [place, id] of ids.entries()) {
      const predicted = responses.map((row) => row[place]!);
      const row = rows.find((each) => each['model'] === `${name}/1` && each['neuron'] === `${id}`)!;
      const { corr, ptJ, ptS } = neuronMetrics(column(real, id), predicted);
      const own = {
        repeats: REPEATS,
        stimuli: IMAGES,
        values: trials.filter((_, i) => i % 3 === id),
      };
      const expected = {
        CORR: corr,
        PT_J: ptJ,
        PT_S: ptS,
        CCnorm: ccNorm(own, predicted).value,
        FEVE: feve(own, predicted).value,
      };
      for (const [measure, value] of Object.entries(expected)) {
        const difference = Math.abs(Number(row[measure]) - value!);
        expect(difference, `${name} ${id} ${measure}`).toBeLessThan(1e-4);
      }
      expect(row['repeats']).toBe(String(REPEATS));
    }
  }
});

test('the report is one self-contained page with all sections', async () => {
  await model('a', { architecture: 'ff_sa_cnn_star_simul', neurons: [0, 1, 2] });
  await model('b', { architecture: 'rf_cnn', neurons: [0, 1] });
  await writeRepeats();
  await run(['a', 'b'], '--out', at('page'));
  const page = await readFile(at('page', 'report.html'), 'utf8');
  expect(unbalancedTags(page)).toEqual([]);
  expect(externalReferences(page)).toEqual([]);
  const ids = [...page.matchAll(/<h2 id="(\w+)"/g)].map((match) => match[1]);
  expect(ids).toEqual(['fit', 'tuning', 'decomposition', 'attention', 'neurons', 'methods']);
  expect(page).not.toMatch(/NaN|undefined</);
  const labels = [...page.matchAll(/aria-label="([^"]*)"/g)].map((match) => match[1]);
  for (const label of [
    'Distribution of CORR over neurons',
    'Distribution of PT_J over neurons',
    'Distribution of FEVE over neurons',
    'CORR of b/1 against CORR of a/1',
    'CORR against the noise ceiling CCmax',
    'Population rank tuning curve, real and predicted by a/1',
    'Rank tuning curve of neuron 2',
    'Terms of the readout of a/1',
    'Terms of the readout of b/1',
    'Attention of a/1, all images',
  ]) {
    expect(labels).toContain(label);
  }
  // The model without attention has no maps.
  expect(labels).not.toContain('Attention of b/1, all images');
});

test('without repeats the report has no measures of repeats, without attention no maps of it', async () => {
  await model('plain', { architecture: 'rf_cnn', neurons: [0, 1, 2] });
  await run(['plain'], '--out', at('plain-report'));
  const csv = await readFile(at('plain-report', 'table.csv'), 'utf8');
  expect(csv.split('\r\n')[0]).toBe('model,digest,neuron,keptEpoch,CORR,PT_J,PT_S');
  const page = await readFile(at('plain-report', 'report.html'), 'utf8');
  expect(page).not.toMatch(/id="attention"|CCmax/);
});

test('a neuron with constant responses has no CORR, and the reason is given', async () => {
  await model('flat', { architecture: 'rf_cnn', neurons: [0, 1], constant: true });
  await run(['flat'], '--out', at('flat-report'));
  const { models } = JSON.parse(await readFile(at('flat-report', 'table.json'), 'utf8'));
  expect(models[0].averages.CORR).toEqual({
    neurons: 0,
    mean: null,
    median: null,
    standardError: null,
  });
  expect(models[0].neurons[0].scores.CORR).toEqual({
    value: null,
    reason: 'the real or the predicted responses are constant',
  });
  const page = await readFile(at('flat-report', 'report.html'), 'utf8');
  expect(page).not.toContain('NaN');
  expect(page).toContain('title="the real or the predicted responses are constant"');
  expect(unbalancedTags(page)).toEqual([]);
});

test('the terminal shows the source of the numbers, averages and neurons, aligned', async () => {
  await model('shown', { architecture: 'rf_cnn', neurons: [1, 0] });
  await run(['shown'], '--out', at('shown-report'));
  const [provenance, table, written] = said;
  expect(provenance).toBe(
    'shown/1: data: not the recording that it was trained on, which is of site small; ' +
      "selection: each neuron's epoch was chosen on other validation images",
  );
  const lines = table!.trim().split('\n');
  expect(lines.map((line) => line.split(/ {2,}/)[0])).toEqual([
    'model',
    'shown/1',
    expect.any(String),
    'shown/1',
    'shown/1',
  ]);
  expect(lines.slice(3).map((line) => /neuron \d/.exec(line)![0])).toEqual([
    'neuron 0',
    'neuron 1',
  ]);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  expect(written).toContain('shown-report/report.html');
});

test('the training files are not needed', async () => {
  await model('alone', { architecture: 'rf_cnn', neurons: [0] });
  await mkdir(at('validation'));
  for (const file of ['val_img_small.npy', 'valRsp_small.npy']) {
    await copyFile(at(file), at('validation', file));
  }
  await run(['alone'], '--data', at('validation'), '--out', at('alone-report'));
  expect(await readdir(at('alone-report'))).toContain('report.html');
});

test('the latest version is evaluated, and --curves limits the curves', async () => {
  const options = { architecture: 'rf_cnn', neurons: [0, 1, 2] } as const;
  for (const _ of [1, 2]) await model('versions', options);
  await run(['versions'], '--curves', '2', '--out', at('latest'));
  const page = await readFile(at('latest', 'report.html'), 'utf8');
  expect(page).toContain('versions/2');
  expect(page.match(/aria-label="Rank tuning curve of neuron/g)).toHaveLength(2);
  expect(page).toContain('2 of 3 neurons');
  await run(['versions'], '--curves', 'all', '--out', at('latest'));
  const all = await readFile(at('latest', 'report.html'), 'utf8');
  expect(all.match(/aria-label="Rank tuning curve of neuron/g)).toHaveLength(3);
});

test('names with characters special to HTML or CSV are unchanged', async () => {
  await model('deep/twin', { architecture: 'rf_cnn', neurons: [0] });
  await model('a<b>,"c"/twin', { architecture: 'rf_cnn', neurons: [0] });
  await run(['deep/twin', 'a<b>,"c"/twin'], '--out', at('names'));
  const csv = await readFile(at('names', 'table.csv'), 'utf8');
  expect(csv).toContain(`"${at('a<b>,""c""/twin/1')}"`);
  const page = await readFile(at('names', 'report.html'), 'utf8');
  expect(page).toContain('a&lt;b&gt;,&quot;c&quot;/twin/1');
  expect(unbalancedTags(page)).toEqual([]);
});

test('invalid evaluations are rejected with the reason, and nothing is written', async () => {
  await model('good', { architecture: 'rf_cnn', neurons: [0] });
  await model('large', { architecture: 'rf_cnn', neurons: [0], side: 30 });
  await model('stranger', { architecture: 'rf_cnn', neurons: [0, 7] });
  const lacking = await model('lacking', { architecture: 'rf_cnn', neurons: [0] });
  const card = JSON.parse(await readFile(path.join(lacking.folder, 'card.json'), 'utf8'));
  card.architecture.attention = 'mapped';
  await writeFile(path.join(lacking.folder, 'card.json'), JSON.stringify(card));
  const out = ['--out', at('never')];
  expect([
    await rejection(['large'], ...out),
    await rejection(['stranger'], ...out),
    (await rejection(['none'], ...out)).split(';')[0],
    await rejection(['good/3'], ...out),
    await rejection(['good', 'good/1'], ...out),
    await rejection(['lacking'], ...out),
    await rejection(Array(10).fill('good'), ...out),
    await rejection(['good'], '--site', 'other', ...out),
    await rejection(['good'], '--curves', '0', ...out),
  ]).toMatchInlineSnapshot(`
    [
      "model large/1 takes images of 30x30 pixels, those of site small are 24x24",
      "model stranger/1 has a neuron 7, which site small lacks: its responses are of the neurons 0 to 2",
      "--model ./none: there is no model: a model is a folder with the folders 1, 2, ... in it",
      "--model ./good/3: there is no such version; there are: 1",
      "--model ./good/1: good/1 is given twice",
      "model lacking/1: its weights lack 'attention.gamma'",
      "too many models: 10; expected at most 9, each with --model",
      "./val_img_other.npy is not there: that folder holds the site small: give that as --site",
      "error: option '--curves <count|all>' argument '0' is invalid. It must be a whole number from 1 to 1000000.",
    ]
  `);
  expect(await rejection(['none'], ...out)).toMatch(/ holds .*good, .*stranger/);
  expect(await rejection(['good'], '--out', `${folder}/val_img_small.npy/report`)).toBe(
    '--out ./val_img_small.npy/report: ./val_img_small.npy is no folder: choose another --out',
  );
  expect(await readdir(folder)).not.toContain('never');
  await writeFile(at('valRspRepeats_small.npy'), encodeNpy(new Float32Array(6), [1, 2, 3]));
  expect(await rejection(['good'], ...out)).toMatch(/^.\/valRspRepeats_small.npy: its shape is/);
});
