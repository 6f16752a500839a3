import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { READOUTS } from '../../src/network/architecture.js';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { mapSizes } from '../../src/network/map-sizes.js';
import {
  initialParameters,
  parameterCount,
  parameterSpecifications,
} from '../../src/network/parameters.js';

const SIZE = { height: 50, width: 50 };

/** Trainable parameters in the table of the paper; for incremental models, before any are frozen. */
const PUBLISHED: Record<ArchitectureId, number> = {
  ff_cnn: 46_017,
  rf_cnn: 28_865,
  ff_sa_cnn: 41_267,
  rf_sa_cnn: 26_147,
  rf_sa_cnn_star_simul: 26_147,
  rf_sa_cnn_star_incr: 26_147,
  ff_sa_cnn_star_simul: 28_547,
  ff_sa_cnn_star_incr_fc1: 28_551,
  ff_sa_cnn_star_incr_fc2: 28_547,
};

test.each(Object.entries(PUBLISHED))('%s has the published %i parameters', (id, count) => {
  expect(parameterCount(ARCHITECTURES[id as ArchitectureId].network, SIZE)).toBe(count);
});

test('in colour, the first convolution has three times as many weights', () => {
  const colour = { ...SIZE, channels: 3 as const };
  const { network } = ARCHITECTURES.ff_cnn;
  expect(parameterCount(network, colour)).toBe(PUBLISHED.ff_cnn + 2 * 25 * 32);
});

test('50x50 pixels become 9x9 hypercolumns', () => {
  expect(mapSizes(ARCHITECTURES.ff_cnn.network, 50, 50)).toEqual({
    alpha1: { height: 23, width: 23 },
    hypercolumns: { height: 9, width: 9 },
    readout: { height: 5, width: 5 },
  });
});

test.each([
  ['rf_cnn', [[16, 16]], [[15, 60]], '16x16'],
  ['ff_cnn', [[32, 32]], [[31, 32]], '32x32'],
  ['ff_sa_cnn', [[32, 32]], [[32, 31]], '32x32'],
  [
    'ff_sa_cnn_star_incr_fc1',
    [
      [16, 20],
      [20, 16],
    ],
    [
      [19, 19],
      [15, 60],
    ],
    '16x20 or 20x16',
  ],
] as const)('%s takes stimuli from %j on, and none of %j', (id, taken, rejected, smallest) => {
  const { network } = ARCHITECTURES[id];
  for (const [height, width] of taken) {
    const { readout } = mapSizes(network, height, width);
    expect(readout.height * readout.width).toBe(READOUTS[network.readout].minCells);
  }
  for (const [height, width] of rejected) {
    expect(() => mapSizes(network, height, width)).toThrow(
      `the stimulus is too small for this network: ${height}x${width} pixels; expected at least ${smallest}`,
    );
  }
});

test.each(Object.entries(ARCHITECTURES))(
  'the guide has the smallest images that %s takes',
  async (id, { network }) => {
    const guide = await readFile('docs/train.md', 'utf8');
    const [, table] = guide.split('| recipe | smallest images, height x width |');
    const row = table!.split('\n').find((line) => line.includes(`\`${id}\``))!;
    const [, smallest] = /\| ([^|]*) \|$/.exec(row)!;
    expect(() => mapSizes(network, 1, 1)).toThrow(new RegExp(`expected at least ${smallest}$`));
  },
);

test('the initial parameters of a neuron depend on its own id alone', () => {
  const specifications = parameterSpecifications(ARCHITECTURES.ff_sa_cnn.network, SIZE);
  const alone = initialParameters(specifications, [7], 3);
  const among = initialParameters(specifications, [2, 7], 3);
  const other = initialParameters(specifications, [7], 4);
  for (const [name, { data }] of alone) {
    expect([...among.get(name)!.data.slice(data.length)], name).toEqual([...data]);
  }
  const name = 'alpha2.convolution.weight';
  expect([...other.get(name)!.data]).not.toEqual([...alone.get(name)!.data]);
  const bound = 1 / Math.sqrt(25 * 30);
  const { data } = alone.get(name)!;
  expect(Math.max(...data)).toBeLessThan(bound);
  // the variance of a uniform distribution, within 2 %
  const variance = [...data].reduce((sum, value) => sum + value ** 2, 0) / data.length;
  expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.02);
});
