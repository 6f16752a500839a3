import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect } from 'vitest';
import type { BackendName } from '../../src/network/backends/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { openSite, type Site } from '../../training/data/site.js';
import { poissonLoss } from '../../training/model/loss.js';
import type { NeuronState } from '../../training/run/neuron-state.js';
import { trainPopulation } from '../../training/run/population.js';
import { type Capability, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { writeSmallSite } from '../support/sites.js';
import { smallTask, withResponses } from '../support/small-training.js';

/**
 * Tests of the parts of training that depend on the backend.
 * @param precision relative, of the Poisson loss and its gradient
 */
export function trainingTests(
  backend: BackendName,
  capability: Capability,
  precision = 1e-4,
): void {
  const test = testWith(capability);
  let folder = '';
  let site: Site;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-on-backend-'));
    await writeSmallSite(folder, 60, 20, 5);
    site = await openSite(folder, 'small');
    if (capability.missing === null) await openBackend(backend);
  });
  afterAll(async () => {
    await site.close();
    await rm(folder, { recursive: true });
  });

  test('the Poisson loss of a softplus and its gradient are finite and correct', async () => {
    const sums = [-1000, -90, -12, -1, 0, 1, 12, 90, 1000];
    const rates = sums.map((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
    for (const count of [0, 0.5, 30]) {
      const targets = tf.fill([1, sums.length], count) as tf.Tensor2D;
      const loss = (x: tf.Tensor) => poissonLoss(x.as2D(1, sums.length).softplus(), targets).sum();
      const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d([sums]));
      const total = rates.reduce((sum, r) => sum + r - count * Math.log(r + 1e-8), 0);
      const [found] = await value.data();
      expect(Math.abs(found! - total) / Math.abs(total)).toBeLessThan(precision);
      const slopes = sums.map((x, i) => (1 - count / (rates[i]! + 1e-8)) / (1 + Math.exp(-x)));
      const difference = greatestDifference(await grad.data(), slopes);
      expect(difference).toBeLessThan(precision * (1 + count));
    }
  });

  const timeout = 300_000;
  test('a neuron whose loss is not finite stops alone, immediately or later', {
    timeout,
  }, async () => {
    const before = tf.memory().numTensors;
    const absurd = withResponses(site.training, 1, () => 1e30);
    absurd.responses[1] = -1e30; // not all the same
    const training = withResponses(absurd, 4, (image) => (image === 17 ? 1e30 : image / 60));
    const stops: NeuronState[] = [];
    const among = await trainPopulation(
      smallTask({ ...site, training }, [0, 1, 2, 4, 3], { epochs: 2 }),
      { onStop: (neuron) => stops.push(neuron) },
    );
    const normal = await trainPopulation(smallTask(site, [0, 2, 3], { epochs: 2 }));
    expect(stops.map(({ id }) => id).toSorted()).toEqual([1, 4]);
    expect(among.neurons).toHaveLength(5);
    for (const { id, stopped, keptEpoch, CORR } of among.neurons) {
      const without = normal.neurons.find((neuron) => neuron.id === id);
      if (without) {
        expect(stopped).toBeUndefined();
        expect(keptEpoch).toBe(without.keptEpoch);
        expect(Math.abs(CORR! - without.CORR!)).toBeLessThan(1e-3);
      } else {
        expect(stopped).toEqual({ epoch: 0, reason: 'its loss is not finite' });
        expect([keptEpoch, CORR]).toEqual([null, null]);
      }
    }
    for (const { data } of among.weights.values()) expect(data.every(Number.isFinite)).toBe(true);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('training ends when all neurons have stopped', async () => {
    const epochs: number[] = [];
    const constant = withResponses(site.training, 2, () => 0);
    const training = withResponses(constant, 1, (image) => 1e30 * (image % 2));
    const { neurons } = await trainPopulation(smallTask({ ...site, training }, [1, 2]), {
      report: ({ epoch }) => epochs.push(epoch),
    });
    expect(neurons.map(({ stopped }) => stopped?.epoch)).toEqual([0, 0]);
    expect(epochs).toEqual([1]);
  });
}
