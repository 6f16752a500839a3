import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { createTfjsEngine } from '../../src/inference/tfjs/tfjs-engine.js';
import { readModel, readWeights } from '../../src/models/saved-model.js';
import { openBackend } from '../../src/network/backends/open.js';
import { createTrainCommand } from '../../training/train-command.js';
import { fakeMachine } from '../support/machine.js';
import { SIDE, writeSmallSite } from '../support/sites.js';
import { bitsOf } from '../support/small-training.js';
import { sharedFolder } from '../support/store.js';

const folder = sharedFolder();
beforeAll(async () => {
  await writeSmallSite(folder);
  await openBackend('wasm');
});

/** Runs the command without output on the console. */
async function train(args: string, machine = fakeMachine()): Promise<string[]> {
  const said: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => said.push(line));
  try {
    const fixed = `--data ${folder} --site small --backend wasm`;
    const command = createTrainCommand({}, machine.machine);
    await command.parseAsync(`${fixed} ${args}`.split(/\s+/), { from: 'user' });
  } finally {
    log.mockRestore();
  }
  return said;
}

test('the command trains a site and saves a model that an engine loads', async () => {
  const out = path.join(folder, 'models', 'small');
  for (const version of [1, 2]) {
    const said = await train(`--recipe rf_cnn --epochs 4 --out ${out}`);
    expect(said.at(-1)).toContain(`saved ${out}/${version} in`);
  }
  expect(await readdir(out)).toEqual(['1', '2']);
  const { card, digest } = await readModel(`${out}/1`);
  expect(card).toMatchObject({
    name: 'small',
    version: 1,
    architecture: { id: 'rf_cnn', channels: 32, output: 'linear' },
    stimulus: { height: SIDE, width: SIDE, degreesPerImage: null },
    training: {
      recipe: 'rf_cnn',
      seed: 1,
      epochs: 4,
      loss: 'mse',
      split: 'validation',
      data: { site: 'small', trainingImages: 200, validationImages: 50 },
    },
  });
  const [bright, dark] = card.neurons;
  expect(bright!.CORR).toBeGreaterThan(0.9);
  expect(dark!.CORR).toBeGreaterThan(0.9);
  const engine = createTfjsEngine(await openBackend('wasm'));
  await engine.load(`${out}/1`, digest); // checks the golden responses
  await engine.close();
});

test('with held-out images and the Poisson loss, the card says so', async () => {
  const data = path.join(folder, 'counts');
  await writeSmallSite(data);
  const responses = Float32Array.from({ length: 600 }, (_, i) => i % 7);
  await writeFile(`${data}/trainRsp_small.npy`, encodeNpy(responses, [200, 3]));
  const out = path.join(folder, 'models', 'counts');
  await train(
    `--data ${data} --recipe rf_cnn --epochs 1 --loss poisson --select heldout --out ${out}`,
  );
  const { card, digest } = await readModel(`${out}/1`);
  expect(card).toMatchObject({
    architecture: { output: 'softplus' },
    training: {
      loss: 'poisson',
      split: 'heldout',
      data: { trainingImages: 180, heldOutImages: 20, validationImages: 50 },
    },
  });
  expect(card.golden.responses.flat().every((response) => response > 0)).toBe(true);
  const engine = createTfjsEngine(await openBackend('wasm'));
  await engine.load(`${out}/1`, digest);
  await engine.close();
});

test('with members the command compares them with the ensemble', async () => {
  const out = path.join(folder, 'models', 'ensemble');
  const said = await train(`--recipe rf_cnn --epochs 1 --select heldout --members 2 --out ${out}`);
  const { card } = await readModel(`${out}/1`);
  expect(said[0]).toMatch(/^neuron 0: CORR 0\.\d{3} {2}PT_J \d\.\d{3} {2}PT_S \d\.\d{3}$/);
  expect(said.slice(3, 7)).toEqual([
    expect.stringMatching(/^member 1\/2, seed 1: mean CORR \d\.\d{3}$/),
    expect.stringMatching(/^member 2\/2, seed 2: mean CORR \d\.\d{3}$/),
    expect.stringMatching(/^mean of the members: CORR \d\.\d{3}$/),
    expect.stringMatching(/^ensemble: mean CORR \d\.\d{3}$/),
  ]);
  const covered = card.calibration!.intervals[2]!.covered;
  expect(said[9]).toBe(
    `90 % interval: covers ${(100 * covered).toFixed(1)} % of the validation responses`,
  );
  expect(said.at(-1)).toMatch(/ensemble\/1 in \d+ s, digest /);
});

test('with the given white value, images of another type train the same networks', async () => {
  const data = path.join(folder, 'wide');
  await writeSmallSite(data, 60, 10);
  const train8 = async (out: string, options = '') => {
    const machine = fakeMachine();
    await train(`--data ${data} --recipe rf_cnn --epochs 1 ${options} --out ${out}`, machine);
    const { card } = await readModel(`${out}/1`);
    return { card, weights: bitsOf(await readWeights(await readModel(`${out}/1`))), machine };
  };
  const narrow = await train8(path.join(folder, 'models', 'narrow'));
  for (const split of ['train', 'val']) {
    const file = `${data}/${split}_img_small.npy`;
    const { data: pixels, shape } = decodeNpy(await readFile(file));
    await writeFile(file, encodeNpy(Uint16Array.from(pixels), shape));
  }
  const out = path.join(folder, 'models', 'wide');
  await expect(train8(out)).rejects.toThrow(/no pixel is above 25\d, .* pass --white 255/);
  const wide = await train8(out, '--white 255');
  expect(wide.weights).toEqual(narrow.weights);
  expect(wide.card.training).toMatchObject({ data: { white: 255 } });
  expect(narrow.card.training).not.toMatchObject({ data: { white: 255 } });
  expect(wide.machine.lines).toContain(
    'warning: only 10 validation images: CORR, PT_J and PT_S over so few say little',
  );
});

test('a recipe in stages trains or finds the earlier ones and copies their frozen parameters', async () => {
  const out = path.join(folder, 'models', 'staged');
  const stagesTold = async (recipe: string, options: string) => {
    const machine = fakeMachine();
    await train(`--recipe ${recipe} --epochs 1 ${options} --out ${out}`, machine);
    return machine.lines.filter((line) => / begins /.test(line));
  };
  expect(await stagesTold('ff_sa_cnn_star_incr_fc1', '')).toEqual([
    'ff_sa_cnn_star_incr_fc1 begins with rf_sa_cnn_star_incr, which is trained first',
    'rf_sa_cnn_star_incr begins with rf_cnn_30, which is trained first',
  ]);
  expect(await stagesTold('ff_sa_cnn_star_incr_fc2', '')).toEqual([
    `ff_sa_cnn_star_incr_fc2 begins with rf_sa_cnn_star_incr, which is there: ${out}.rf_sa_cnn_star_incr/1`,
  ]);
  expect(await stagesTold('rf_sa_cnn_star_incr', '--freeze still')).toEqual([
    `rf_sa_cnn_star_incr begins with rf_cnn_30, which is there: ${out}.rf_cnn_30/1`,
  ]);
  expect(await stagesTold('rf_sa_cnn_star_incr', '--select heldout')).toEqual([
    'rf_sa_cnn_star_incr begins with rf_cnn_30, which is trained first',
  ]);

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

test('invalid options of a command are reported before anything is trained', async () => {
  const rejection = async (changes: Record<string, string>) => {
    const options = {
      data: folder,
      site: 'small',
      recipe: 'ff_cnn',
      out: `${folder}/m`,
      ...changes,
    };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    const command = createTrainCommand()
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    return await command.parseAsync(args, { from: 'user' }).then(
      () => 'it was trained',
      (error: Error) => error.message.replaceAll(folder, '.'),
    );
  };
  expect(await rejection({ recipe: 'cnn' })).toMatch(
    /^there is no recipe 'cnn'; there are ff_cnn, /,
  );
  expect(await rejection({ recipe: 'ff_sa_cn' })).toMatch(/; did you mean ff_sa_cnn\?$/);
  expect(await rejection({ out: '/' })).toMatch(/^--out \/: a model's name is made of letters/);
  expect(await rejection({ epochs: '0' })).toMatch(/It must be a whole number from 1 to/);
  expect(await rejection({ epoch: '1' })).toMatch(
    /unknown option '--epoch'.*\n.*Did you mean --epochs\?/,
  );
  expect(await rejection({ backend: 'cuda' })).toMatch(
    /Allowed choices are auto, tensorflow, webgpu/,
  );
  expect(await rejection({ loss: 'mae' })).toMatch(/Allowed choices are mse, poisson\.$/);
  expect(await rejection({ loss: 'poisson' })).toMatch(
    /^\.\/trainRsp_small\.npy: the response of neuron 2 to image \d+ is -\d.*, and the Poisson loss/,
  );
  expect(await rejection({ select: 'test' })).toMatch(/Allowed choices are validation, heldout\.$/);
  expect(await rejection({ chunk: 'all' })).toMatch(/It must be a whole number from 1 to/);
  expect(await rejection({ shard: '4/4' })).toMatch(
    /^--shard 4\/4: it is i\/n, share i of n, and i/,
  );
  expect(await rejection({ shard: '1/4' })).toMatch(/^shard 1\/4: there are 3 neurons, which make/);
  expect(await rejection({ members: '1' })).toMatch(/It must be a whole number from 2 to 32\./);
  expect(await rejection({ members: '2', on: 'slurm', shards: '2' })).toBe(
    '--on slurm is used with --members 2; expected it without: train each seed there with ' +
      '--each seed=... and one --held-out-seed, and make one model of them with hypercolumn bundle',
  );
  expect(await rejection({ 'held-out-seed': '3' })).toBe(
    '--held-out-seed 3 is used without --select heldout; expected it with held-out images',
  );
  const many = { members: '2', select: 'heldout', 'held-out-seed': '3' };
  expect(await rejection(many)).toBe(
    '--held-out-seed 3 is used with --members 2; expected it without: all members hold out what --seed draws',
  );
  expect(await rejection({ from: `${folder}/none` })).toMatch(
    /^--from \.\/none: there is no model/,
  );
  expect(await rejection({ fit: 'readout' })).toBe(
    '--fit readout is used without --from; expected --from with a model',
  );
  expect(await rejection({ from: 'models/x', on: 'slurm', shards: '2' })).toMatch(
    /^--from is used with --on slurm; expected it without/,
  );
  expect(await rejection({ neurons: '0,0' })).toMatch(/neurons: neuron 0 is named twice$/);
  expect(await rejection({ site: 'other' })).toMatch(/^\.\/train_img_other.npy is not there/);
});
