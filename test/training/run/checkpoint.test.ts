import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { writeWhole } from '../../../src/files/whole-file.js';
import {
  type CheckpointRequest,
  openCheckpoint,
} from '../../../training/run/checkpoint/checkpoint.js';
import type { Identity } from '../../../training/run/checkpoint/identity.js';
import type { PopulationState, TrainedPopulation } from '../../../training/run/population.js';
import { temporaryFolder } from '../../support/store.js';

let out = '';
beforeEach(async () => {
  out = await temporaryFolder();
});

const IDENTITY: Identity = {
  codeVersion: '1.0.0',
  recipe: 'rf_cnn',
  seed: 1,
  heldOutSeed: null,
  epochs: 5,
  loss: 'mse',
  responses: 'recorded',
  select: 'validation',
  freeze: null,
  backend: 'wasm',
  shard: null,
  neurons: null,
  from: null,
  fit: null,
  white: null,
  data: { 'train_img_a.npy': 'one', 'trainRsp_a.npy': 'two' },
};

const open = (changes: Partial<CheckpointRequest> = {}) =>
  openCheckpoint(out, {
    identity: IDENTITY,
    chunk: undefined,
    autoChunk: 2,
    resume: true,
    clock: () => 0,
    confirm: async () => undefined,
    ...changes,
  });

const tensor = (...values: number[]) => ({
  shape: [values.length],
  data: Float32Array.from(values),
});

const STATE: PopulationState = {
  epoch: 3,
  batch: 7,
  neurons: [
    { id: 4, keptEpoch: 2, CORR: 0.1 + 0.2, flatEpochs: 0 },
    { id: 5, keptEpoch: null, CORR: null, flatEpochs: 1, stopped: { epoch: 1, reason: 'so' } },
  ],
  kept: new Map([['weight', tensor(1, 2)]]),
  // A neuron that diverged in the very last batch is detected later.
  current: new Map([['weight', tensor(Number.NaN)]]),
  optimiser: { steps: 57, moments: new Map([['first.weight', tensor(-0)]]) },
};

const TRAINED: TrainedPopulation = {
  neurons: [{ id: 2, CORR: 0.5, PT_J: null, PT_S: 1, keptEpoch: 3 }],
  weights: new Map([['weight', tensor(9)]]),
};

/** The message without the path of the folder. */
async function rejection(changes: Partial<CheckpointRequest> = {}): Promise<string> {
  const opened = open(changes).then(async (checkpoint) => {
    await checkpoint.finished();
    await checkpoint.current();
  });
  const error = await opened.then(
    () => new Error('it was taken'),
    (reason: Error) => reason,
  );
  return error.message.replaceAll(out, 'models/a');
}

test('training begins without a checkpoint and resumes with one', async () => {
  const fresh = await open({ resume: false });
  expect(fresh.position).toBeUndefined();
  await fresh.begin(null);
  expect([await fresh.finished(), await fresh.current()]).toEqual([[], undefined]);
  await fresh.finish(TRAINED);
  await fresh.save({ ...STATE, epoch: 1 });
  await fresh.save(STATE);
  expect(await readdir(path.join(out, '.training'))).toHaveLength(3);

  const later = await open({ autoChunk: 99 });
  expect(later.chunk).toBe(2);
  expect(later.position).toEqual({ population: 1, epoch: 3, batch: 7 });
  await later.begin(null);
  expect(await later.current()).toEqual(STATE);
  expect(await later.finished()).toEqual([TRAINED]);
  await later.remove();
  expect(await readdir(out)).toEqual([]);
});

test('the time of all processes is added up', async () => {
  let now = 100;
  const clock = () => now;
  const first = await open({ clock });
  now += 50; // Another stage is trained in between.
  await first.begin(null);
  now += 7;
  await first.save(STATE);
  const second = await open({ clock });
  await second.begin(null);
  now += 5;
  expect(second.seconds()).toBe(12);
});

test('a checkpoint is used only with --resume and for the same training, or the differences are listed', async () => {
  const checkpoint = await open();
  await checkpoint.begin('abc');
  await checkpoint.save(STATE);
  const other = (changes: Partial<Identity>) =>
    rejection({ identity: { ...IDENTITY, ...changes } });
  expect([
    await rejection({ resume: false }),
    await other({ seed: 2, epochs: 50 }),
    await other({ recipe: 'ff_cnn', freeze: 'still', shard: '0/2' }),
    await other({ loss: 'poisson', select: 'heldout' }),
    await other({ backend: 'tensorflow', codeVersion: '1.1.0' }),
    await other({ data: { 'train_img_a.npy': 'one', 'trainRsp_b.npy': 'two' } }),
    await rejection({ chunk: 3 }),
    await rejection({ chunk: 2 }),
    await (await open())
      .begin('def')
      .catch((error: Error) => error.message.replace(out, 'models/a')),
  ]).toMatchInlineSnapshot(`
    [
      "models/a/.training holds this very training, broken off: add --resume to go on with it, or delete that folder to begin anew",
      "models/a/.training holds the checkpoint of another training (seed 1, now 2; epochs 5, now 50): choose another --out, ask for that training with --resume, or delete that folder",
      "models/a/.training holds the checkpoint of another training (recipe rf_cnn, now ff_cnn; freeze none, now still; shard none, now 0/2): choose another --out, ask for that training with --resume, or delete that folder",
      "models/a/.training holds the checkpoint of another training (loss mse, now poisson; select validation, now heldout): choose another --out, ask for that training with --resume, or delete that folder",
      "models/a/.training holds the checkpoint of another training (version of the program 1.0.0, now 1.1.0; backend wasm, now tensorflow): choose another --out, ask for that training with --resume, or delete that folder",
      "models/a/.training holds the checkpoint of another training (trainRsp_a.npy is another file now; trainRsp_b.npy is another file now): choose another --out, ask for that training with --resume, or delete that folder",
      "models/a/.training holds the checkpoint of another training (chunk 2, now 3): choose another --out, ask for that training with --resume, or delete that folder",
      "it was taken",
      "models/a/.training holds the checkpoint of another training (the model that it began with has been trained again since): choose another --out, ask for that training with --resume, or delete that folder",
    ]
  `);
});

test('a checkpoint that is corrupted or of another version is reported', async () => {
  const checkpoint = await open();
  await checkpoint.begin(null);
  await checkpoint.finish(TRAINED);
  await checkpoint.save(STATE);
  const folder = path.join(out, '.training');
  const manifest = path.join(folder, 'checkpoint.json');
  const text = await readFile(manifest, 'utf8');
  const messages: string[] = [];
  for (const damaged of [
    text.slice(0, text.length / 2),
    text.replace('"epoch":3', '"epoch":4'),
    text.replace('"format":1', '"format":2'),
    '{}',
  ]) {
    expect(damaged).not.toBe(text);
    await writeFile(manifest, damaged);
    messages.push(await rejection());
  }
  await writeFile(manifest, text);
  expect(await rejection()).toBe('it was taken');
  for (const file of (await readdir(folder)).filter((each) => each.endsWith('.safetensors'))) {
    const whole = await readFile(path.join(folder, file));
    await truncate(path.join(folder, file), whole.length - 1);
    messages.push((await rejection()).replace(/[0-9a-f]{32}/, '...'));
    await writeFile(path.join(folder, file), whole);
    await rm(path.join(folder, file));
    messages.push((await rejection()).replace(/[0-9a-f]{32}/, '...'));
    await writeFile(path.join(folder, file), whole);
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "models/a/.training holds a checkpoint that cannot be used: checkpoint.json is damaged; delete that folder to begin anew",
      "models/a/.training holds a checkpoint that cannot be used: checkpoint.json is damaged; delete that folder to begin anew",
      "models/a/.training holds a checkpoint that cannot be used: its format is 2, this version of the program reads 1; delete that folder to begin anew",
      "models/a/.training holds a checkpoint that cannot be used: checkpoint.json is damaged; delete that folder to begin anew",
      "models/a/.training holds a checkpoint that cannot be used: ....safetensors is damaged; delete that folder to begin anew",
      "models/a/.training holds a checkpoint that cannot be used: ....safetensors is missing; delete that folder to begin anew",
      "models/a/.training holds a checkpoint that cannot be used: ....safetensors is damaged; delete that folder to begin anew",
      "models/a/.training holds a checkpoint that cannot be used: ....safetensors is missing; delete that folder to begin anew",
    ]
  `);
});

test('when writing is cut off or fails, the previous checkpoint stays', async () => {
  const checkpoint = await open();
  await checkpoint.begin(null);
  await checkpoint.save(STATE);
  const folder = path.join(out, '.training');
  // These files are left by a process that was killed while writing.
  await writeFile(path.join(folder, 'checkpoint.json.1.writing'), '{"form');
  await writeFile(path.join(folder, 'cut-off.safetensors'), 'half');
  const later = await open();
  expect(await later.current()).toEqual(STATE);
  await later.save({ ...STATE, epoch: 4 });
  expect((await readdir(folder)).filter((file) => /writing|cut-off/.test(file))).toEqual([]);
  await rm(folder, { recursive: true });
  await writeFile(folder, 'a file in its place');
  await expect(later.save(STATE)).rejects.toThrow(
    /\.training cannot be written \(ENOTDIR: .*\); one from before stays: put that right and go on with --resume$/,
  );
});

test('a file is written whole or not at all', async () => {
  const file = path.join(out, 'a');
  await writeWhole(file, 'one');
  await writeWhole(file, 'two');
  expect(await readFile(file, 'utf8')).toBe('two');
  await mkdir(path.join(out, 'b', 'c'), { recursive: true });
  await expect(writeWhole(path.join(out, 'b'), 'three')).rejects.toThrow('EISDIR');
  expect(await readdir(out)).toEqual(['a', 'b']);
});
