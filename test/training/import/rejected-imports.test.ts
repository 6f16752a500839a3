import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { encodeSafetensors, type NamedTensor } from '../../../src/formats/safetensors.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { randomState } from '../../support/published.js';
import { writeSmallSite } from '../../support/sites.js';
import { BASE, createImportFolder, type ImportFolder, randomBase, SIZE } from './import-folder.js';

let place: ImportFolder;
beforeAll(async () => {
  place = await createImportFolder();
  await writeSmallSite(path.join(place.path, 'data'), 20, 40);
});
afterAll(() => place.remove());

test('a network of another architecture is rejected with its own', async () => {
  const small = { ...ARCHITECTURES.rf_sa_cnn.network, channels: 3 };
  const whole = { height: 50, width: 50 };
  await place.writeCheckpoints('other', { 0: randomState('rf_sa_cnn', small, whole, 1) });
  const args = '--pytorch ./other --out ./models/other';
  expect(await place.rejection(`${args} --architecture ff_sa_cnn`)).toBe(
    "./other/neuron_0.pth: its 'b_cpbs.0.weight' has shape [3, 3, 1, 1]; that of ff_sa_cnn with " +
      '3 channels, for stimuli of 50x50 pixels, has [3, 3, 3, 3]; it is of rf_sa_cnn or ' +
      'rf_sa_cnn_star_simul or rf_sa_cnn_star_incr: give that as --architecture',
  );
  expect(await place.rejection(`${args} --architecture ff_cnn`)).toMatch(
    /: it has no 'layers\.0\.weight'; ff_cnn with 32 channels has one of shape \[32, 1, 5, 5\]; it is of /,
  );
  expect(await readdir(path.join(place.path, 'models')).catch(() => [])).not.toContain('other');
});

test('a network unlike the first is rejected', async () => {
  const four = randomState('rf_cnn', { ...BASE, channels: 4 }, SIZE, 1);
  await place.writeCheckpoints('mixed', { 0: randomBase(0), 1: four });
  expect(
    await place.rejection(
      '--pytorch ./mixed --architecture rf_cnn --stimulus 24x24 --out ./models/mixed',
    ),
  ).toBe(
    "./mixed/neuron_1.pth: its 'layers.0.weight' has shape [4, 1, 5, 5]; that of rf_cnn with " +
      '3 channels, for stimuli of 24x24 pixels, has [3, 1, 5, 5], as ./mixed/neuron_0.pth is; ' +
      'it is of rf_cnn with 4 channels',
  );
});

test('networks that cannot respond are rejected, and nothing is saved', async () => {
  const args = '--pytorch ./broken --architecture rf_cnn --stimulus 24x24 --out ./models/broken';
  const broken = async (name: string, value: number) => {
    const state = randomBase(0);
    state.get(name)!.data.fill(value);
    await place.writeCheckpoints('broken', { 0: state });
    return await place.rejection(args);
  };
  expect(await broken('Linear.weight', 3e38)).toBe(
    'the network of neuron 0 gives responses that are not finite',
  );
  expect(await broken('layers.2.running_var', -1)).toBe(
    "./broken/neuron_0.pth: its 'layers.2.running_var' holds a negative variance",
  );
  expect(await readdir(path.join(place.path, 'models')).catch(() => [])).not.toContain('broken');
});

test('missing, unnamed and duplicate neurons are reported', async () => {
  const args = (place: string) => `${place} --architecture rf_cnn --out ./models/none`;
  await mkdir(path.join(place.path, 'empty'));
  await mkdir(path.join(place.path, 'wrong'));
  for (const name of ['a.txt', 'b.txt', 'net_0.pth', 'z']) {
    await writeFile(path.join(place.path, 'wrong', name), '');
  }
  await place.writeCheckpoints('twice', { 1: randomBase(1) });
  await writeFile(path.join(place.path, 'twice', 'neuron_01.pth'), '');
  await mkdir(path.join(place.path, 'folders', 'neuron_0.pth'), { recursive: true });
  expect(await place.rejection(args('--pytorch ./nowhere'))).toBe(
    'there is no file or folder ./nowhere; expected a folder with neuron_{i}.pth',
  );
  expect(await place.rejection(args('--pytorch ./empty'))).toBe(
    './empty has no neuron_{i}.pth, such as neuron_0.pth; it is empty',
  );
  expect(await place.rejection(args('--pytorch ./wrong'))).toBe(
    './wrong has no neuron_{i}.pth, such as neuron_0.pth; it holds a.txt, b.txt, net_0.pth and 1 more',
  );
  expect(await place.rejection(args('--pytorch ./wrong/a.txt'))).toBe(
    './wrong/a.txt is not a folder',
  );
  expect(await place.rejection(args('--pytorch ./twice'))).toBe(
    './twice/neuron_01.pth and ./twice/neuron_1.pth are both of neuron 1; remove one',
  );
  expect(await place.rejection(args('--pytorch ./folders'))).toBe(
    './folders/neuron_0.pth cannot be read',
  );
  expect(await place.rejection(args('--safetensors ./wrong'))).toMatch(
    /^\.\/wrong has no neuron_\{i\}\.saf/,
  );
});

test('a file of safetensors must name the neuron of each tensor', async () => {
  const args = '--safetensors ./one.safetensors --architecture rf_cnn --out ./models/none';
  const write = (tensors: Iterable<[string, NamedTensor]>) =>
    writeFile(path.join(place.path, 'one.safetensors'), encodeSafetensors(new Map(tensors)));
  await write(randomBase(1));
  expect(await place.rejection(args)).toMatch(
    /^\.\/one\.safetensors: its names do not say which neuron/,
  );
  const numbered = [...randomBase(1)].map(([name, each]): [string, NamedTensor] => [
    `5.${name}`,
    each,
  ]);
  await write([...numbered, ['notes', { shape: [1], data: Float32Array.of(1) }]]);
  expect(await place.rejection(args)).toMatch(
    /: it holds 'notes', which belongs to no neuron, next to/,
  );
  await write([...numbered, [`neuron_5.${numbered[0]![0].slice(2)}`, numbered[0]![1]]]);
  expect(await place.rejection(args)).toMatch(/: it holds neuron 5's 'layers\.0\.weight' twice$/);
  await write(
    numbered.map(([name, { shape, data }]) => [name, { shape, data: data.map(() => NaN) }]),
  );
  expect(await place.rejection(args)).toMatch(
    /^\.\/one\.safetensors, neuron 5: its 'layers\.0\.weight' holds NaN among its numbers$/,
  );
  await writeFile(path.join(place.path, 'one.safetensors'), 'abc');
  expect(await place.rejection(args)).toBe('./one.safetensors: the .safetensors file is cut off');
});

test('typing errors are reported before anything is read', async () => {
  const right = '--pytorch ./nowhere --architecture rf_cnn --out ./models/none';
  const with_ = (args: string) => place.rejection(`${right} ${args}`);
  expect(await place.rejection('--architecture rf_cnn --out ./x')).toMatch(
    /^say where the networks are: --pytorch <folder>, --safetensors <place> or --onnx <file>$/,
  );
  expect(await with_('--safetensors ./x')).toMatch(/cannot be used with option '--safetensors/);
  expect(await place.rejection('--pytorch ./x --out ./x')).toMatch(
    /^say what the networks are: --architecture <ff_cnn\|rf_cnn\|ff_sa_cnn/,
  );
  const onnx = '--onnx ./x.onnx --out ./x';
  expect(await place.rejection(onnx)).toMatch(/^--onnx needs --card <file>: JSON with at least/);
  expect(await place.rejection(`${onnx} --scale 2`)).toMatch(/cannot be used with option '--scale/);
  expect(await place.rejection(`${onnx} --card ./none`)).toMatch(
    /^--card .\/none: .\/none cannot be read: /,
  );
  expect(await with_('--card ./none')).toBe(
    '--card and --gradient need --onnx <file>, the network',
  );
  expect(await place.rejection('--pytorch ./x --architecture rf_cnn')).toMatch(
    /--out <folder>' not spec/,
  );
  expect(await with_('--architecture cnn')).toMatch(
    /Allowed choices are ff_cnn, rf_cnn, ff_sa_cnn/,
  );
  expect(await with_('--out /')).toMatch(/^--out \/: a model's name is made of letters/);
  expect(await with_('--backend cuda')).toMatch(/Allowed choices are auto, tensorflow, webgpu/);
  expect(await with_('--stimulus 50')).toMatch(
    /It must be height x width in pixels, such as 50x50/,
  );
  expect(await with_('--scale 0')).toMatch(/It must not be 0/);
  expect(await with_('--scale much')).toMatch(/It must be a number/);
  expect(await with_('--offset x')).toMatch(/It must be a number/);
  expect(await with_('--background-gray 128')).toMatch(
    /It must be from 0 \(black\) to 1 \(white\)/,
  );
  expect(await with_('--degrees-per-image 0')).toMatch(/It must be degrees above 0/);
  expect(await with_('--unitt x')).toMatch(/unknown option '--unitt'[\s\S]*Did you mean --unit\?/);
  expect(await with_('more')).toMatch(/too many arguments/);
  expect(await with_('--site small')).toMatch(/^--site needs --data/);
  expect(await with_('--data ./data')).toMatch(
    /^--data \.\/data has no dataset\.json, and there is no --site/,
  );
  expect(await with_('--data ./data --site small --stimulus 24x24')).toMatch(
    /'--stimulus <HxW>' cannot be used with option '--data/,
  );
  expect(await with_('--data ./data --site other')).toMatch(/train_img_other\.npy is not there/);
});

test('a neuron that the data does not have and stimuli that are too small are rejected', async () => {
  await place.writeCheckpoints('seventh', { 7: randomBase(7) });
  const args = '--pytorch ./seventh --architecture rf_cnn --out ./models/none';
  expect(await place.rejection(`${args} --data ./data --site small`)).toBe(
    'neuron 7 is no neuron of the site small, which has 3 neurons, 0 to 2',
  );
  expect(await place.rejection(`${args} --stimulus 10x10`)).toMatch(
    /the stimulus is too small for this network: 10x10 pixels; expected at least 16x16$/,
  );
  const error = await place.run(`${args} --stimulus 10x10`).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
});
