import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect } from 'vitest';
import { ADAM, separateArchitecture } from '../../src/datasets/recipes.js';
import { stimulusTensor } from '../../src/interpret/interpretation.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { column } from '../../src/tuning/response-matrix.js';
import { measuredPlaces } from '../../training/data/measured.js';
import { responseMatrix } from '../../training/data/recording.js';
import { selectRows } from '../../training/data/rows.js';
import { openSite, type Site } from '../../training/data/site.js';
import {
  openTrainingBackend,
  type TrainingKernels,
} from '../../training/kernels/training-backend.js';
import { createLearner, wholeNetwork } from '../../training/model/learner.js';
import { poissonLoss, squaredError } from '../../training/model/loss.js';
import { AS_RECORDED } from '../../training/model/response-scale.js';
import { batchTargets } from '../../training/model/targets.js';
import type { NeuronState } from '../../training/run/neuron-state.js';
import { type TrainedPopulation, trainPopulation } from '../../training/run/population.js';
import { type Capability, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { writeSmallSite } from '../support/sites.js';
import { bitsOf, smallTask, withoutThird, withResponses } from '../support/small-training.js';

/** Steps of training that are compared. */
const STEPS = 3;

/**
 * Tests of the parts of training that depend on the backend.
 * @param precision relative, of the Poisson loss and its gradient
 * @param file the compiled kernels; without, tfjs computes everything
 */
export function trainingTests(
  backend: BackendName,
  capability: Capability,
  precision = 1e-4,
  file = 'none',
): void {
  const test = testWith(capability);
  let folder = '';
  let site: Site;
  let kernels: TrainingKernels | undefined;
  const task = (...of: Parameters<typeof smallTask>) => ({ ...smallTask(...of), kernels });
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-on-backend-'));
    await writeSmallSite(folder, 60, 20, 5);
    site = await openSite(folder, 'small');
    if (capability.missing === null) ({ kernels } = await openTrainingBackend(backend, file));
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
      task({ ...site, training }, [0, 1, 2, 4, 3], { epochs: 2 }),
      { onStop: (neuron) => stops.push(neuron) },
    );
    const normal = await trainPopulation(task(site, [0, 2, 3], { epochs: 2 }));
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

  test('what was not measured is left out: as one neuron at a time, on its measured responses alone', async () => {
    const before = tf.memory().numTensors;
    const training = withoutThird(site.training, [0, 1, 3]);
    const { recipe, neurons, seed } = smallTask(site, [0, 1, 3]);
    const architecture = separateArchitecture(recipe);
    const specifications = parameterSpecifications(architecture, training);
    const initial = initialParameters(specifications, neurons, seed);
    const blocks = kernels?.open(architecture);
    const respond = wholeNetwork(architecture, blocks);
    const together = createLearner(architecture, specifications, initial, undefined, { respond });
    let chosen: tf.Tensor2D;
    const alone = neurons.map((_, i) =>
      createLearner(architecture, specifications, selectRows(initial, [i]), undefined, {
        // a second implementation: what was not measured is not in the loss at all
        loss: (responses, targets) => tf.matMul(chosen, squaredError(responses, targets)),
      }),
    );
    for (let step = 0; step < STEPS; step++) {
      const images = Uint32Array.from({ length: 20 }, (_, i) => 20 * step + i);
      const stimuli = stimulusTensor(await training.stimuli(images));
      const own = batchTargets(
        training,
        images,
        neurons,
        neurons.map(() => AS_RECORDED),
      );
      const losses = await together.step({ stimuli, ...own });
      for (const [i, id] of neurons.entries()) {
        const all = column(responseMatrix(training), id).slice(20 * step, 20 * (step + 1));
        const places = measuredPlaces(all);
        expect(places.length).toBeLessThan(20);
        chosen = tf.tensor2d(places.map((place) => Array.from(all, (_, k) => Number(k === place))));
        const known = Float32Array.from(all, (value) => (Number.isNaN(value) ? 100 : value));
        const targets = tf.tensor2d(known, [20, 1]);
        const [loss] = await alone[i]!.step({ stimuli, targets });
        expect(Math.abs(losses[i]! / loss! - 1)).toBeLessThan(1e-4);
        tf.dispose([targets, chosen]);
      }
      tf.dispose([stimuli, own.targets, own.measured!.mask, own.measured!.scale]);
    }
    const weights = await together.weights();
    for (const [i, learner] of alone.entries()) {
      const expected = await learner.weights();
      for (const [name, { data }] of selectRows(weights, [i])) {
        // The gradient of a bias before a normalisation is 0 but for rounding, and Adam makes a step of its one length
        // of any gradient: such biases, and the running means that follow them, may go either way. Float32 rounds the
        // others, which are of the order of 0.1, to 1e-8.
        const isFree = /convolution\.bias|norm\.mean/.test(name);
        const most = isFree ? 2 * STEPS * ADAM.learningRate : 1e-5;
        expect(greatestDifference(data, expected.get(name)!.data), name).toBeLessThan(most);
      }
    }
    for (const learner of [together, ...alone]) learner.dispose();
    blocks?.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a neuron that was measured for all images trains to the same bits among others that were not', async () => {
    const measured = task(site, [0, 3, 1], { epochs: 2 });
    const whole = await trainPopulation(measured);
    const data = { ...measured.data, training: withoutThird(site.training, [3]) };
    const mixed = await trainPopulation({ ...measured, data });
    const bits = (trained: TrainedPopulation, row: number) =>
      bitsOf(selectRows(trained.weights, [row]));
    for (const row of [0, 2]) {
      expect(bits(mixed, row)).toEqual(bits(whole, row));
      expect(mixed.neurons[row]).toEqual(whole.neurons[row]);
    }
    expect(bits(mixed, 1)).not.toEqual(bits(whole, 1));
    expect(mixed.neurons[1]!.CORR).toBeGreaterThan(0.5);
  });

  test('training ends when all neurons have stopped', async () => {
    const epochs: number[] = [];
    const constant = withResponses(site.training, 2, () => 0);
    const training = withResponses(constant, 1, (image) => 1e30 * (image % 2));
    const { neurons } = await trainPopulation(task({ ...site, training }, [1, 2]), {
      report: ({ epoch }) => epochs.push(epoch),
    });
    expect(neurons.map(({ stopped }) => stopped?.epoch)).toEqual([0, 0]);
    expect(epochs).toEqual([1]);
  });
}
