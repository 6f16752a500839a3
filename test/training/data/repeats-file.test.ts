import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { encodeNpy, type NpyData } from '../../../src/formats/npy.js';
import { ccMax } from '../../../src/tuning/repeats.js';
import { noiseCeilings, readRepeats } from '../../../training/data/repeats-file.js';
import { synthesizeSite, writeSite } from '../../../training/synthetic/site.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();

const NaN_ = Number.NaN;

/** Two repeats of three images and two neurons, and their means. */
const TRIALS = [
  [1, 10, 2, 20, 4, 40],
  [2, 20, 1, 10, 5, 50],
];
const MEANS = Float32Array.of(1.5, 15, 1.5, 15, 4.5, 45);
const VALIDATION = { count: 3, neurons: 2, responses: MEANS };

async function write(data: NpyData, shape: readonly number[]): Promise<void> {
  await writeFile(path.join(folder, 'valRspRepeats_a.npy'), encodeNpy(data, shape));
}

async function rejection(): Promise<string> {
  const error = await readRepeats(folder, 'a', VALIDATION).then(
    () => new Error('it was read'),
    (reason: Error) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  return error.message.replaceAll(`${folder}/`, '');
}

test('each neuron has its trials, row = repeat', async () => {
  await write(Float32Array.from(TRIALS.flat()), [2, 3, 2]);
  const repeats = (await readRepeats(folder, 'a', VALIDATION))!;
  expect(repeats.most).toBe(2);
  expect(repeats.trials(1)).toEqual({
    repeats: 2,
    stimuli: 3,
    values: Float64Array.of(10, 20, 40, 20, 10, 50),
  });
  expect(noiseCeilings(repeats, [1, 0])).toEqual([
    ccMax(repeats.trials(1)).value,
    ccMax(repeats.trials(0)).value,
  ]);
});

test('a site without the file has no repeats', async () => {
  expect(await readRepeats(folder, 'other', VALIDATION)).toBeNull();
});

test('where trials are missing, every image keeps its first ones', async () => {
  const third = [NaN_, NaN_, 1.5, 15, 4.5, NaN_];
  const first = [1, 10, NaN_, 20, 4, NaN_];
  const second = [2, 20, 1.5, 10, 5, 45];
  await write(Float64Array.from([...first, ...second, ...third]), [3, 3, 2]);
  const repeats = (await readRepeats(folder, 'a', VALIDATION))!;
  expect(repeats.trials(0)).toEqual({
    repeats: 2,
    stimuli: 3,
    values: Float64Array.of(1, 1.5, 4, 2, 1.5, 5),
  });
  expect(repeats.trials(1)).toEqual({
    repeats: 1,
    stimuli: 3,
    values: Float64Array.of(10, 20, 45),
  });
  expect(noiseCeilings(repeats, [1])).toEqual([null]);
});

test('an image that a neuron was not measured for is not among its trials', async () => {
  const first = [1, NaN_, 2, 20, 4, 40];
  const second = [2, NaN_, 1, 10, 5, 50];
  await write(Float32Array.from([...first, ...second]), [2, 3, 2]);
  const responses = MEANS.slice();
  responses[1] = NaN_;
  const repeats = (await readRepeats(folder, 'a', { ...VALIDATION, responses }))!;
  expect([repeats.images(0), repeats.images(1)]).toEqual([
    [0, 1, 2],
    [1, 2],
  ]);
  expect(repeats.trials(1)).toEqual({
    repeats: 2,
    stimuli: 2,
    values: Float64Array.of(20, 40, 10, 50),
  });
  await expect(readRepeats(folder, 'a', VALIDATION)).rejects.toThrow(
    'every repeat of neuron 1 and image 0 is missing (NaN), one is needed',
  );
  responses[2] = NaN_;
  await expect(readRepeats(folder, 'a', { ...VALIDATION, responses })).rejects.toThrow(
    'there are repeats of neuron 0 and image 1, and the validation response is NaN, not measured',
  );
});

test('repeats of another recording are rejected with the file and the reason', async () => {
  const corrupted = (index: number, value: number) => {
    const data = Float32Array.from(TRIALS.flat());
    data[index] = value;
    return write(data, [2, 3, 2]);
  };
  const cases: [string, () => Promise<void>][] = [
    ['images first', () => write(Float32Array.from(TRIALS.flat()), [3, 2, 2])],
    ['flat', () => write(Float32Array.from(TRIALS.flat()), [12])],
    ['none', () => write(new Float32Array(0), [0, 3, 2])],
    ['infinite', () => corrupted(9, Number.POSITIVE_INFINITY)],
    ['all missing', () => write(new Float32Array(12).fill(NaN_), [2, 3, 2])],
    ['another mean', () => corrupted(3, 21)],
    ['not npy', () => writeFile(path.join(folder, 'valRspRepeats_a.npy'), 'repeats')],
  ];
  const messages: string[] = [];
  for (const [name, corrupt] of cases) {
    await corrupt();
    messages.push(`${name}: ${await rejection()}`);
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "images first: valRspRepeats_a.npy: its shape is (3, 2, 2); (repeats, images, neurons) is (any, 3, 2) here",
      "flat: valRspRepeats_a.npy: its shape is (12); (repeats, images, neurons) is (any, 3, 2) here",
      "none: valRspRepeats_a.npy: its shape is (0, 3, 2); (repeats, images, neurons) is (any, 3, 2) here",
      "infinite: valRspRepeats_a.npy: a repeat of neuron 1 and image 1 is infinite; NaN marks a missing one",
      "all missing: valRspRepeats_a.npy: every repeat of neuron 0 and image 0 is missing (NaN), one is needed",
      "another mean: valRspRepeats_a.npy: the repeats of neuron 1 and image 1 have the mean 15.5, the validation response is 15: are the two files of the same recording and in the same order?",
      "not npy: valRspRepeats_a.npy: not a .npy file: it does not begin with the bytes \\x93NUMPY",
    ]
  `);
});

test('a mean that is off by rounding is accepted', async () => {
  await write(Float32Array.from(TRIALS.flat()), [2, 3, 2]);
  const responses = MEANS.map((value) => value * (1 + 1e-6));
  expect(await readRepeats(folder, 'a', { ...VALIDATION, responses })).not.toBeNull();
});

test('a synthetic site has repeats whose ceiling is near the true one', async () => {
  const options = { site: 's', seed: 2, neurons: 3, images: 1, validation: 300, repeats: 10 };
  const site = synthesizeSite({ ...options, surround: true });
  await writeSite(folder, site);
  const validation = { count: 300, neurons: 3, responses: site.validationResponses };
  const repeats = (await readRepeats(folder, 's', validation))!;
  const truth = site.truth.neurons.map(({ noiseCeiling }) => noiseCeiling);
  for (const [neuron, ceiling] of noiseCeilings(repeats, [0, 1, 2]).entries()) {
    expect(Math.abs(ceiling! - truth[neuron]!)).toBeLessThan(0.05);
  }
});
