import { existsSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import type { TrainingCard } from '../../../src/models/card.js';
import {
  readMembers,
  readModel,
  readWeights,
  type SavedModel,
} from '../../../src/models/saved-model.js';
import { membersFolder } from '../../../training/ensemble/members.js';
import { Interrupted } from '../../../training/run/interruption.js';
import type { ModelRequest } from '../../../training/run/model-request.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';
import { trainSmall } from '../../support/train-small.js';

const folder = sharedFolder();
let out = '';
/** An ensemble that was trained without an interruption, and what was said. */
let whole: { readonly saved: SavedModel; readonly lines: readonly string[] };
beforeAll(async () => {
  await writeSmallSite(folder, 60, 30);
  const { result, lines } = await train({ out: path.join(folder, 'whole') });
  whole = { saved: result as SavedModel, lines };
});
beforeEach(async () => {
  out = path.join(await mkdtemp(path.join(folder, 'models-')), 'm');
});

const ENSEMBLE = { select: 'heldout', members: 3, seed: 5, chunk: 3 } as const;

async function train(
  changes: Partial<ModelRequest> = {},
  machine: Parameters<typeof trainSmall>[2] = {},
) {
  return await trainSmall(folder, { ...ENSEMBLE, out, ...changes }, machine);
}

async function bitsOfMembers(model: SavedModel) {
  return (await readMembers(model)).map(bitsOf);
}

test('members are trained with seeds that follow each other, on the same images', async () => {
  const { saved, lines } = whole;
  expect(existsSync(membersFolder(path.join(folder, 'whole')))).toBe(false);
  const trainings = saved.card.members!.map(({ training }) => training as TrainingCard);
  expect(trainings.map(({ seed }) => seed)).toEqual([5, 6, 7]);
  expect(trainings.map(({ data }) => data.heldOutSeed)).toEqual([undefined, 5, 5]);
  expect(lines.filter((line) => / training, /.test(line))).toHaveLength(3);
  expect(lines).toContainEqual(expect.stringMatching(/^member 2\/3, epoch 1\/2: /));

  const members = await bitsOfMembers(saved);
  expect(members[1]).not.toEqual(members[0]);
});

test('the ensemble answers the mean of its members', async () => {
  const { saved } = whole;
  const singles: SavedModel[] = [];
  for (const seed of [5, 6, 7]) {
    const request = { seed, heldOutSeed: 5, members: undefined, out: `${out}-${seed}` };
    singles.push((await train(request)).result as SavedModel);
  }
  expect(await bitsOfMembers(saved)).toEqual(
    await Promise.all(singles.map(async (single) => bitsOf(await readWeights(single)))),
  );
  const { golden, members, neurons, calibration } = saved.card;
  expect(golden.stimuli).toEqual(singles[0]!.card.golden.stimuli);
  for (const [i, row] of golden.responses.entries()) {
    for (const [n, response] of row.entries()) {
      const own = singles.map(({ card }) => card.golden.responses[i]![n]!);
      const mean = (own[0]! + own[1]! + own[2]!) / 3;
      expect(Math.abs(response - mean)).toBeLessThan(1e-6 * Math.abs(mean)); // float32
    }
  }
  for (const [k, { card }] of singles.entries()) {
    for (const [n, { CORR }] of card.neurons.entries()) {
      // float32 responses, with another division of the neurons
      expect(Math.abs(members![k]!.CORR![n]! - CORR!)).toBeLessThan(1e-5);
    }
  }
  expect(neurons.map(({ id }) => id)).toEqual([0, 1, 2]);
  expect(calibration).toMatchObject({ split: 'heldout', images: 6 });
  // 18 scores: the 19th would be needed for 95 %
  expect(calibration!.intervals.map(({ nominal }) => nominal)).toEqual([0.5, 0.8, 0.9]);
});

test('an ensemble that is interrupted in a member goes on there, to the same bytes', async () => {
  const first = await train({}, { interruptAt: /^member 3\/3, epoch 1/ });
  expect(first.result).toBeInstanceOf(Interrupted);
  expect(await readdir(membersFolder(out))).toEqual(['seed-5', 'seed-6', 'seed-7']);

  const unasked = await train();
  expect((unasked.result as Error).message).toBe(
    `${out}.members holds the members of a training that was broken off: add --resume to go on with it, or delete that folder to begin anew`,
  );
  const second = await train({ resume: true });
  expect(second.lines.filter((line) => /^member [12]/.test(line))).toEqual([
    `member 1/3: ${out}.members/seed-5/1 is trained already`,
    `member 2/3: ${out}.members/seed-6/1 is trained already`,
  ]);
  expect(second.lines).toContainEqual(
    expect.stringMatching(/^member 3\/3: .*; continues with epoch 2, batch 1$/),
  );
  const saved = second.result as SavedModel;
  expect(await bitsOfMembers(saved)).toEqual(await bitsOfMembers(whole.saved));
  expect(saved.card.calibration).toEqual(whole.saved.card.calibration);
  expect(saved.card.neurons).toEqual(whole.saved.card.neurons);
  expect(saved.card.golden).toEqual(whole.saved.card.golden);

  const third = await train({ resume: true });
  expect(third.lines.at(-1)).toBe(`${out}/1 holds this very training, finished`);
  expect(third.result).toEqual(await readModel(`${out}/1`));
});

test('where no images are held out, there are no intervals', async () => {
  const { result, lines } = await train({ select: 'validation', members: 2, epochs: 1 });
  expect(lines[0]).toBe(
    'warning: the ensemble will have no intervals: they are learnt with --select heldout',
  );
  const { card } = result as SavedModel;
  expect(card.calibration).toBeUndefined();
  expect(card.members!.map(({ training }) => (training as TrainingCard).data.heldOutSeed)).toEqual([
    undefined,
    undefined,
  ]);
});

test('each member has the stages of its recipe', async () => {
  const recipe = 'rf_sa_cnn_star_incr';
  const { result, lines } = await train({ recipe, members: 2, epochs: 1 });
  const { card } = result as SavedModel;
  const bases = card.members!.map(({ training }) => (training as TrainingCard).base);
  expect(new Set(bases.map((base) => base?.digest)).size).toBe(2);
  expect(bases[1]).toMatchObject({ model: 'seed-6.rf_cnn_30', freeze: 'published' });
  expect(lines).toContain(`member 2/2: ${recipe} begins with rf_cnn_30, which is trained first`);
  expect(lines).toContainEqual(
    expect.stringMatching(/^member 2\/2, stage 1\/2 rf_cnn_30, epoch 1\/1: /),
  );
});

test('options that divide the neurons, or begin with a model, are rejected by name', async () => {
  const sharded = await train({ shard: { index: 0, of: 2 } });
  expect((sharded.result as Error).message).toBe(
    '--shard 0/2 is used with 3 members; expected it without: members are trained whole, and each begins anew',
  );
});
