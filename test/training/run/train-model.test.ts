import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import type { TrainingCard } from '../../../src/models/card.js';
import { readModel, type SavedModel } from '../../../src/models/saved-model.js';
import { Interrupted } from '../../../training/run/interruption.js';
import type { ModelRequest } from '../../../training/run/model-request.js';
import { findStage } from '../../../training/run/stages.js';
import { whereItGoesOn } from '../../../training/run/train-stages.js';
import { TrainingFailed } from '../../../training/run/training-failed.js';
import { fakeMachine } from '../../support/machine.js';
import { writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';
import { trainSmall } from '../../support/train-small.js';

const folder = sharedFolder();
let out = '';
beforeAll(() => writeSmallSite(folder, 60, 20));
beforeEach(async () => {
  out = path.join(await mkdtemp(path.join(folder, 'models-')), 'm');
});

/** Trains on the site of this file, or on another. */
function train(
  changes: Partial<ModelRequest> = {},
  { data = folder, ...machine }: Parameters<typeof trainSmall>[2] & { data?: string } = {},
) {
  return trainSmall(data, { out, ...changes }, machine);
}

const weightsOf = (model: string) => readFile(path.join(model, 'weights.safetensors'));

test('training interrupted in any stage and population resumes to the same model', async () => {
  const recipe = 'rf_sa_cnn_star_incr';
  const whole = path.join(folder, 'whole');
  await train({ recipe, out: whole });

  const first = await train(
    { recipe },
    { interruptAt: /^stage 1\/2 rf_cnn_30, population 2\/2, epoch 1/ },
  );
  expect(first.result).toBeInstanceOf(Interrupted);
  expect((first.result as Error).message).toBe(
    `interrupted; ${out}.rf_cnn_30/.training holds the training: run the same command with --resume to continue`,
  );
  const unasked = await train({ recipe });
  expect((unasked.result as Error).message).toMatch(
    /holds this very training, broken off: add --resume/,
  );
  const second = await train(
    { recipe, resume: true },
    { interruptAt: /^stage 2\/2 .* population 1\/2, epoch 2/ },
  );
  expect(second.result).toBeInstanceOf(Interrupted);
  expect(second.lines).toContainEqual(
    expect.stringMatching(/; continues with population 2\/2, epoch 2, batch 1$/),
  );
  expect((await readdir(`${out}.rf_cnn_30`)).toSorted()).toEqual(['1']);
  // The checkpoint has the division of the neurons.
  const third = await train({ recipe, resume: true, chunk: undefined });
  expect(third.lines[0]).toBe(
    `${recipe} begins with rf_cnn_30, which is there: ${out}.rf_cnn_30/1`,
  );
  for (const stage of ['', '.rf_cnn_30']) {
    expect(await weightsOf(`${out}${stage}/1`)).toEqual(await weightsOf(`${whole}${stage}/1`));
  }
  expect(await readdir(out)).toEqual(['1']);
});

test.each([
  [{ population: 0, epoch: 5, batch: 0 }, '; continues with epoch 5, batch 1'],
  [{ population: 0, epoch: 5, batch: 11 }, '; continues with epoch 5, batch 12'],
  [{ population: 0, epoch: 5, batch: 12 }, '; continues with epoch 5, all of its batches are done'],
  [{ population: 1, epoch: 1, batch: 0 }, '; continues, all neurons are trained'],
])('a training that continues says where: %j', (position, words) => {
  expect(whereItGoesOn({ position, chunk: 2 }, 2, 12)).toBe(words);
});

test('a training that is finished is trained again only where it is another one, or not resumed', async () => {
  const finished = await train({ epochs: 1, resume: true });
  const again = await train({ epochs: 1, resume: true });
  expect(again.result).toEqual(finished.result);
  expect(again.lines).toEqual([`${out}/1 holds this very training, finished`]);
  const others: Partial<ModelRequest>[] = [
    { epochs: 1, resume: false },
    { epochs: 2 },
    { epochs: 1 }, // it is not the latest version any more, which `merge` takes
    { unit: 'spikes' },
    { degreesPerImage: 2 },
    { seed: 2 },
  ];
  for (const [i, changes] of others.entries()) {
    const { result } = await train({ epochs: 1, resume: true, ...changes });
    expect((result as SavedModel).folder).toBe(`${out}/${i + 2}`);
  }
});

test('a stage is reused only when it has the requested neurons', async () => {
  const { result } = await train({ epochs: 1 });
  const { card, folder: saved } = result as SavedModel;
  const { recipe, seed, epochs, loss, responses, split, data } = card.training as TrainingCard;
  const find = async (neurons: number[]) => {
    const same = {
      recipe,
      seed,
      heldOutSeed: null,
      epochs,
      loss,
      responses,
      split,
      white: null,
      digests: data.digests,
    };
    return (await findStage(out, { ...same, freeze: 'published', from: null, neurons }))?.folder;
  };
  expect(await find([2, 0])).toBe(saved);
  expect(await find([2, 3])).toBeUndefined();
});

test('a second signal ends the process immediately', async () => {
  const { signals, machine } = fakeMachine();
  const twice = {
    ...machine.stream,
    write: (text: string | Uint8Array) => {
      if (/^epoch 1\/2:/.test(String(text))) {
        signals.emit('SIGINT');
        expect(signals.exit).not.toHaveBeenCalled();
        signals.emit('SIGTERM');
      }
      return true;
    },
  };
  await train({ chunk: 3 }, { signals, stream: twice });
  expect(signals.exit).toHaveBeenCalledExactlyOnceWith(130);
  expect(signals.listenerCount('SIGINT') + signals.listenerCount('SIGTERM')).toBe(0);
});

test('a checkpoint is bound to the model that the training began with', async () => {
  const recipe = 'rf_sa_cnn_star_incr';
  await train({ recipe }, { interruptAt: /^stage 2\/2/ });
  await rm(`${out}.rf_cnn_30`, { recursive: true });
  const { result } = await train({ recipe, resume: true });
  expect((result as Error).message).toContain(
    `${out}/.training holds the checkpoint of another training (the model that it began with has been trained again since)`,
  );
});

test('too little disk is reported before anything is trained', async () => {
  const { result, lines } = await train({}, { freeDisk: async () => 3_000_000 });
  expect((result as Error).message).toBe(
    `${out}: the training writes up to 5 MB, and 3 MB are free there: make room, or choose another --out`,
  );
  expect(lines).toEqual([]);
  expect(existsSync(out)).toBe(false);
});

test('a place where no checkpoint can be written is reported before anything is trained', async () => {
  await mkdir(out);
  await writeFile(`${out}/.training`, 'a file in its place');
  const { result } = await train();
  expect((result as Error).message).toMatch(/\.training cannot be written \((ENOTDIR|EEXIST)/);
});

test('an --out that is a file is reported before anything is trained', async () => {
  await writeFile(out, 'a file in its place');
  const { result, lines } = await train();
  expect((result as Error).message).toMatch(/^--out .* cannot be written \(EEXIST.*another --out$/);
  expect(lines).toEqual([]);
});

test('stopped neurons are on the card, and without other neurons only a shard is saved', async () => {
  const data = path.join(folder, 'stopped');
  await writeSmallSite(data, 60, 20);
  const write = (respond: (i: number) => number) =>
    writeFile(
      `${data}/trainRsp_small.npy`,
      encodeNpy(
        Float32Array.from({ length: 180 }, (_, i) => respond(i)),
        [60, 3],
      ),
    );
  await write((i) => (i % 3 === 1 ? 2 : i % 7));
  const { result: some, lines } = await train({ epochs: 1 }, { data });
  const { card } = await readModel((some as { folder: string }).folder);
  const stopped = { epoch: 0, reason: 'its responses to the training images are all the same' };
  expect(card.neurons.map(({ stopped }) => stopped)).toEqual([undefined, stopped, undefined]);
  expect(lines).toContain(`neuron 1 stops: ${stopped.reason}`);

  await write(() => 0);
  const { result: none } = await train({ epochs: 1, out: `${out}-none` }, { data });
  expect(none).toBeInstanceOf(TrainingFailed);
  expect((none as Error).message).toMatch(
    /^rf_cnn: every neuron stopped, so nothing is saved: neuron 0 \(its responses .* same\), neuron 1 /,
  );
  expect(existsSync(`${out}-none`)).toBe(false);
  const shard = { index: 2, of: 3 };
  const { result: share } = await train({ epochs: 1, out: `${out}-none`, shard }, { data });
  expect(share).toMatchObject({ folder: `${out}-none.shards/2-of-3/1` });
});

test('with repeats the card has the noise ceiling of each neuron', async () => {
  // the second trial repeats the first of the first neuron, and has nothing of the second's
  const trials = { repeats: 2, stimuli: 2 };
  const repeats = {
    most: 2,
    images: () => [0, 1],
    trials: (neuron: number) => ({
      ...trials,
      values: neuron === 0 ? Float64Array.of(1, 3, 1, 3) : Float64Array.of(1, 3, 3, 1),
    }),
  };
  const { result } = await train({ repeats, epochs: 1 });
  const { card } = await readModel((result as SavedModel).folder);
  expect(card.neurons.map(({ noiseCeiling }) => noiseCeiling)).toEqual([
    1,
    ...card.neurons.slice(1).map(() => null),
  ]);
});
