import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBackend } from '../../../src/network/backends/open.js';
import { openSite, type Site } from '../../../training/data/site.js';
import { splitSite } from '../../../training/data/split.js';
import { Interrupted } from '../../../training/run/interruption.js';
import {
  type Companions,
  type PopulationState,
  type TrainedPopulation,
  trainPopulation,
} from '../../../training/run/population.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf, smallTask } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';

const NEURONS = 64;

const folder = sharedFolder();
let site: Site;
beforeAll(async () => {
  await writeSmallSite(folder, 200, 50, NEURONS);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(() => site.close());

const comparable = ({ neurons, weights }: TrainedPopulation) => ({
  neurons,
  weights: bitsOf(weights),
});

test('a neuron is trained the same alone as among 64, and again with the same seed', async () => {
  const before = tf.memory().numTensors;
  const train = (neurons: number[], seed = 1) =>
    trainPopulation({ ...smallTask(site, neurons, { epochs: 2 }), seed });
  const alone = await train([2]);
  expect(comparable(await train([2]))).toEqual(comparable(alone));
  const ids = Array.from({ length: NEURONS }, (_, i) => NEURONS - 1 - i);
  const among = (await train(ids)).neurons.find(({ id }) => id === 2)!;
  expect(among.keptEpoch).toBe(alone.neurons[0]!.keptEpoch);
  // within what the order of summation of a wider convolution changes
  expect(Math.abs(among.CORR! - alone.neurons[0]!.CORR!)).toBeLessThan(1e-3);
  const other = await train([2], 2);
  expect(other.neurons[0]!.CORR).not.toBeCloseTo(alone.neurons[0]!.CORR!, 3);
  expect(tf.memory().numTensors).toBe(before);
});

test('the kept weights are those of the epoch with the highest CORR', async () => {
  const corrs: number[] = [];
  const { neurons } = await trainPopulation(smallTask(site, [2], { epochs: 5 }), {
    report: ({ fits }) => {
      if (fits) corrs.push(fits[0]!.CORR!);
    },
  });
  expect(corrs).toHaveLength(5);
  expect(neurons[0]!.CORR).toBe(Math.max(...corrs));
  expect(neurons[0]!.keptEpoch).toBe(corrs.indexOf(Math.max(...corrs)) + 1);
});

test('held-out images choose the epoch, and validation images measure it', async () => {
  const task = { ...smallTask(site, [2], { epochs: 5 }), data: splitSite(site, 'heldout', 1) };
  const chosenBy: number[] = [];
  const measured: (number | null)[] = [];
  const { neurons } = await trainPopulation(task, {
    report: ({ fits }) => {
      if (fits) chosenBy.push(fits[0]!.CORR!);
    },
  });
  const best = chosenBy.indexOf(Math.max(...chosenBy)) + 1;
  expect(neurons[0]!.keptEpoch).toBe(best);
  const onValidation = { ...task.data, selection: task.data.validation };
  await trainPopulation(
    { ...task, data: onValidation },
    { report: ({ fits }) => fits && measured.push(fits[0]!.CORR) },
  );
  expect(neurons[0]!.CORR).toBeCloseTo(measured[best - 1]!, 6);
  expect(neurons[0]!.CORR).not.toBeCloseTo(Math.max(...chosenBy), 3);
});

/** Trains until `stop` batches are done, in as many processes as needed. */
async function trainInPieces(task: ReturnType<typeof smallTask>, stops: readonly number[]) {
  let state: PopulationState | undefined;
  const moments: [number, number][] = [];
  for (const stop of [...stops, Number.POSITIVE_INFINITY]) {
    let calls = 0;
    const companions: Companions = {
      save: async (next) => {
        state = structuredClone(next);
      },
      interruption: { isRequested: () => ++calls > stop },
    };
    try {
      return { trained: await trainPopulation(task, companions, state), moments };
    } catch (error) {
      expect(error).toBeInstanceOf(Interrupted);
      moments.push([state!.epoch, state!.batch]);
    }
  }
  throw new Error('it was never finished');
}

test('training interrupted at any batch, in the evaluation or at the end resumes bit for bit', async () => {
  const before = tf.memory().numTensors;
  // 10 batches an epoch, then one of 50 validation images; at the end one more of those
  const task = smallTask(site, [0, 5, 2]);
  const whole = comparable(await trainPopulation(task));
  const { trained, moments } = await trainInPieces(task, [0, 7, 3, 1, 10, 10, 1]);
  expect(moments).toEqual([
    [1, 0],
    [1, 7],
    [1, 10],
    [2, 0],
    [2, 10],
    [3, 9],
    [3, 10],
  ]);
  expect(comparable(trained)).toEqual(whole);
  const { trained: late, moments: end } = await trainInPieces(task, [33]);
  expect(end).toEqual([[4, 0]]);
  expect(comparable(late)).toEqual(whole);
  expect(tf.memory().numTensors).toBe(before);
});
