import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTfjsEngine } from '../../src/engine/tfjs/tfjs-engine.js';
import { readModel, readWeights } from '../../src/model/saved-model.js';
import { openBackend } from '../../src/network/backend.js';
import { trainPopulation } from '../../training/population.js';
import { Recipe } from '../../training/recipes/recipes.js';
import { openSite, type Site } from '../../training/site.js';
import { createTrainCommand } from '../../training/train-command.js';
import { SIDE, writeSmallSite } from '../support/sites.js';

const RECIPE = Recipe.parse({ architecture: 'rf_cnn', epochs: 3, batchSize: 20, dropout: 0.3 });

let folder = '';
let site: Site;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-train-'));
  await writeSmallSite(folder);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(async () => {
  await site.close();
  await rm(folder, { recursive: true });
});

test('the command trains a site and saves a model that an engine takes', async () => {
  const said = vi.spyOn(console, 'log').mockReturnValue();
  vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const out = path.join(folder, 'models', 'small');
  const words = `--data ${folder} --site small --recipe rf_cnn --epochs 4 --backend wasm --out ${out}`;
  for (const version of [1, 2]) {
    await createTrainCommand().parseAsync(words.split(' '), { from: 'user' });
    expect(said.mock.lastCall![0]).toContain(`saved ${out}/${version} in`);
  }
  vi.restoreAllMocks();
  expect(await readdir(out)).toEqual(['1', '2']);
  const { card, digest } = await readModel(`${out}/1`);
  expect(card).toMatchObject({
    name: 'small',
    version: 1,
    architecture: { id: 'rf_cnn', channels: 32 },
    stimulus: { height: SIDE, width: SIDE, degreesPerImage: null },
    training: { recipe: 'rf_cnn', seed: 1, epochs: 4, data: { site: 'small' } },
  });
  const [bright, dark] = card.neurons;
  expect(bright!.CORR).toBeGreaterThan(0.9);
  expect(dark!.CORR).toBeGreaterThan(0.9);
  const engine = createTfjsEngine(await openBackend('wasm'));
  await engine.load(`${out}/1`, digest); // checks the golden responses
  await engine.close();
});

test('a neuron is trained the same alone as among others, and by the same seed again', async () => {
  const before = tf.memory().numTensors;
  const train = (neurons: number[], seed = 1) =>
    trainPopulation(site, RECIPE, neurons, seed, () => undefined);
  const alone = await train([2]);
  const again = await train([2]);
  const among = await train([0, 2, 1]);
  const other = await train([2], 2);
  expect(again).toEqual(alone);
  expect(among.neurons[1]!.keptEpoch).toBe(alone.neurons[0]!.keptEpoch);
  // within what the order of summation of a wider convolution changes
  expect(Math.abs(among.neurons[1]!.CORR! - alone.neurons[0]!.CORR!)).toBeLessThan(1e-3);
  expect(other.neurons[0]!.CORR).not.toBeCloseTo(alone.neurons[0]!.CORR!, 3);
  expect(tf.memory().numTensors).toBe(before);
});

test('the kept weights are those of the epoch with the highest CORR', async () => {
  const corrs: number[] = [];
  const { neurons } = await trainPopulation(site, { ...RECIPE, epochs: 5 }, [2], 1, ({ fits }) => {
    if (fits) corrs.push(fits[0]!.CORR!);
  });
  expect(corrs).toHaveLength(5);
  expect(neurons[0]!.CORR).toBe(Math.max(...corrs));
  expect(neurons[0]!.keptEpoch).toBe(corrs.indexOf(Math.max(...corrs)) + 1);
});

test('a recipe in stages trains those before it, or finds them, and takes what is frozen', async () => {
  vi.spyOn(console, 'log').mockReturnValue();
  const said = vi.spyOn(console, 'error').mockReturnValue();
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const out = path.join(folder, 'models', 'staged');
  const train = async (recipe: string, freeze: string) => {
    const words = `--data ${folder} --site small --recipe ${recipe} --epochs 1 --freeze ${freeze}`;
    const where = `--backend wasm --out ${out}`;
    said.mockClear();
    await createTrainCommand().parseAsync(`${words} ${where}`.split(' '), { from: 'user' });
    return said.mock.calls.map(([line]) => line as string).filter((line) => / begins /.test(line));
  };
  expect(await train('ff_sa_cnn_star_incr_fc1', 'published')).toEqual([
    'ff_sa_cnn_star_incr_fc1 begins with rf_sa_cnn_star_incr, which is trained first',
    'rf_sa_cnn_star_incr begins with rf_cnn_30, which is trained first',
  ]);
  expect(await train('ff_sa_cnn_star_incr_fc2', 'published')).toEqual([
    `ff_sa_cnn_star_incr_fc2 begins with rf_sa_cnn_star_incr, which is there: ${out}.rf_sa_cnn_star_incr/1`,
  ]);
  expect(await train('rf_sa_cnn_star_incr', 'still')).toEqual([
    `rf_sa_cnn_star_incr begins with rf_cnn_30, which is there: ${out}.rf_cnn_30/1`,
  ]);
  vi.restoreAllMocks();

  const read = async (saved: string) => {
    const model = await readModel(saved);
    return { card: model.card, digest: model.digest, weights: await readWeights(model) };
  };
  const first = await read(`${out}.rf_cnn_30/1`);
  const second = await read(`${out}.rf_sa_cnn_star_incr/1`);
  const split = await read(`${out}/1`);
  const still = await read(`${out}/3`);
  expect(second.card.training).toMatchObject({
    base: { model: 'staged.rf_cnn_30', digest: first.digest, freeze: 'published' },
  });
  const same = (a: typeof first, b: typeof first, name: string, other = name) =>
    expect([...a.weights.get(name)!.data], name).toEqual([...b.weights.get(other)!.data]);
  const changed = (a: typeof first, b: typeof first, name: string) =>
    expect([...a.weights.get(name)!.data], name).not.toEqual([...b.weights.get(name)!.data]);
  same(second, first, 'alpha2.convolution.weight');
  changed(second, first, 'alpha2.norm.mean');
  changed(second, first, 'beta1.convolution.weight');
  same(split, second, 'attention.query.weight');
  same(split, second, 'readout.centre.weight', 'readout.weight');
  same(still, first, 'alpha2.convolution.weight');
  same(still, first, 'alpha2.norm.mean');
});

test('what a command cannot use is told before anything is trained', async () => {
  const refusal = async (changes: Record<string, string>) => {
    const options = {
      data: folder,
      site: 'small',
      recipe: 'ff_cnn',
      out: `${folder}/m`,
      ...changes,
    };
    const words = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const command = createTrainCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    return await command.parseAsync(words, { from: 'user' }).then(
      () => 'it was trained',
      (error: Error) => error.message.replaceAll(folder, '.'),
    );
  };
  expect(await refusal({ recipe: 'cnn' })).toMatch(/^there is no recipe 'cnn'; there are ff_cnn, /);
  expect(await refusal({ out: '/' })).toMatch(/^--out \/: a model's name is made of letters/);
  expect(await refusal({ epochs: '0' })).toMatch(/It must be a whole number from 1 to/);
  expect(await refusal({ epoch: '1' })).toMatch(
    /unknown option '--epoch'.*\n.*Did you mean --epochs\?/,
  );
  expect(await refusal({ backend: 'cuda' })).toMatch(
    /Allowed choices are auto, tensorflow, webgpu/,
  );
  expect(await refusal({ site: 'other' })).toMatch(/^\.\/train_img_other.npy cannot be read/);
});
