import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { dropoutFactors } from '../../../training/model/dropout.js';

const MOMENT = { seed: 1, epoch: 2, batch: 3 };

beforeAll(async () => {
  await openBackend('wasm');
});

test('whole channels are dropped with probability p, and the others are scaled by 1/(1-p)', async () => {
  const factors = dropoutFactors(ARCHITECTURES.ff_sa_cnn.network, [4, 5], 50, 0.3, MOMENT);
  expect(Object.keys(factors)).toEqual(['alpha1', 'alpha2', 'attention', 'beta1']);
  for (const tensor of Object.values(factors)) {
    expect(tensor.shape).toEqual([50, 1, 1, 60]);
    const values = await tensor.data();
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    const dropped = values.filter((value) => value === 0).length / values.length;
    // five standard deviations of a binomial share of 3,000
    expect(Math.abs(dropped - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / 3000));
  }
  tf.dispose(Object.values(factors));
});

test('the factors of a neuron are its own and change with batch, epoch and seed', async () => {
  const alpha1 = async (neurons: number[], moment = MOMENT) => {
    const factors = dropoutFactors(ARCHITECTURES.ff_cnn.network, neurons, 2, 0.3, moment);
    expect(factors['attention']).toBeUndefined();
    const rows = await factors['alpha1']!.array();
    tf.dispose(Object.values(factors));
    return rows.flat(2);
  };
  const [alone, among] = [await alpha1([9]), await alpha1([3, 9])];
  expect(among.map((row) => row.slice(32))).toEqual(alone);
  for (const changed of [{ seed: 2 }, { epoch: 3 }, { batch: 4 }]) {
    expect(await alpha1([9], { ...MOMENT, ...changed })).not.toEqual(alone);
  }
});
