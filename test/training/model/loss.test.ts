import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { openBackend } from '../../../src/network/backends/open.js';
import { averageLoss, poissonLoss, squaredError } from '../../../training/model/loss.js';
import { greatestDifference } from '../../support/numbers.js';

const RATES = [
  [0, 1, 0.5],
  [2, 1e-3, 7],
];
const COUNTS = [
  [1, 0, 0.5],
  [3, 0, 20],
];

test('the losses are their formulas, neuron by neuron', async () => {
  await openBackend('wasm');
  const [rates, counts] = [tf.tensor2d(RATES), tf.tensor2d(COUNTS)];
  const mean = (loss: (rate: number, count: number) => number) =>
    RATES[0]!.map(
      (_, n) => RATES.reduce((sum, row, i) => sum + loss(row[n]!, COUNTS[i]![n]!), 0) / 2,
    );
  const mse = await averageLoss(squaredError(rates, counts)).data();
  expect(
    greatestDifference(
      mse,
      mean((r, y) => (r - y) ** 2),
    ),
  ).toBeLessThan(1e-5);
  const poisson = await averageLoss(poissonLoss(rates, counts)).data();
  expect(
    greatestDifference(
      poisson,
      mean((r, y) => r - y * Math.log(r + 1e-8)),
    ),
  ).toBeLessThan(1e-5);
});

test('the average of each neuron is over what was measured, and has the same bits where all was', async () => {
  await openBackend('wasm');
  const losses = tf.tensor2d([
    [0.1, 2, 7],
    [0.7, 3, 5],
    [0.4, 1, 6],
  ]);
  const mask = tf.tensor2d([
    [1, 0, 0],
    [1, 1, 0],
    [1, 1, 0],
  ]);
  const average = averageLoss(losses, { mask, scale: tf.tensor1d([1, 3 / 2, 0]) });
  const [whole] = await averageLoss(losses).data();
  const [first, second, third] = await average.data();
  expect(first).toBe(whole);
  expect(second).toBeCloseTo(2, 6);
  expect(third).toBe(0);
});
