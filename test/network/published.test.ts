import { expect, test } from 'vitest';
import type { NamedTensor } from '../../src/formats/safetensors.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import {
  architecturesThatFit,
  checkPublished,
  fromPublished,
  publishedParameters,
  withPublishedChannels,
} from '../../src/network/published.js';
import { randomState, readGolden, withPrefix } from '../support/published.js';

const SIZE = { height: 50, width: 50 };

function rejection(
  id: ArchitectureId,
  state: ReadonlyMap<string, NamedTensor>,
  size = SIZE,
): string {
  try {
    checkPublished(id, withPublishedChannels(id, state), size, state);
    return 'it fits';
  } catch (error) {
    return (error as Error).message;
  }
}

test.each(ArchitectureId.options)('%s: names and shapes are those of the published code', (id) => {
  const golden = withPrefix(readGolden(id), 'neuron1.');
  const published = publishedParameters(id, ARCHITECTURES[id].network, SIZE);
  expect(new Map(published.map(({ name, shape }) => [name, shape]))).toEqual(
    new Map([...golden].map(([name, { shape }]) => [name, shape])),
  );
  expect(rejection(id, golden)).toBe('it fits');
  expect(architecturesThatFit(SIZE, golden)).toContain(id);
});

test('architectures that have the same parameters cannot be distinguished, others can', () => {
  const fitting = (id: ArchitectureId) =>
    architecturesThatFit(SIZE, withPrefix(readGolden(id), 'neuron0.'));
  expect(fitting('ff_cnn')).toEqual(['ff_cnn']);
  expect(fitting('rf_cnn')).toEqual(['rf_cnn']);
  expect(fitting('ff_sa_cnn')).toEqual(['ff_sa_cnn']);
  expect(fitting('rf_sa_cnn')).toEqual([
    'rf_sa_cnn',
    'rf_sa_cnn_star_simul',
    'rf_sa_cnn_star_incr',
  ]);
  expect(fitting('ff_sa_cnn_star_incr_fc1')).toEqual(['ff_sa_cnn_star_incr_fc1']);
  expect(fitting('ff_sa_cnn_star_simul')).toEqual([
    'ff_sa_cnn_star_simul',
    'ff_sa_cnn_star_incr_fc2',
  ]);
});

test('the number of channels is that of the first convolution', () => {
  const base = randomState('rf_cnn', { ...ARCHITECTURES.rf_cnn.network, channels: 7 }, SIZE, 1);
  expect(withPublishedChannels('rf_cnn', base)).toEqual({
    ...ARCHITECTURES.rf_cnn.network,
    channels: 7,
  });
  expect(architecturesThatFit(SIZE, base)).toEqual(['rf_cnn']);
  expect(withPublishedChannels('rf_cnn', new Map())).toBe(ARCHITECTURES.rf_cnn.network);
  const absurd = new Map([['layers.0.weight', { shape: [1e9, 1, 5, 5] }]]);
  expect(withPublishedChannels('rf_cnn', absurd)).toBe(ARCHITECTURES.rf_cnn.network);
});

test('the first parameter that differs is named with both shapes', () => {
  const state = randomState('ff_sa_cnn', ARCHITECTURES.ff_sa_cnn.network, SIZE, 1);
  const changed = (name: string, tensor?: NamedTensor) => {
    const copy = new Map(state);
    if (tensor) copy.set(name, tensor);
    else copy.delete(name);
    return copy;
  };
  expect(rejection('ff_sa_cnn', changed('attention.gamma'))).toBe(
    "it has no 'attention.gamma'; ff_sa_cnn with 30 channels has one of shape [1]",
  );
  const flat = { shape: [150], data: new Float32Array(150) };
  expect(rejection('ff_sa_cnn', changed('attention.key_conv.weight', flat))).toBe(
    "its 'attention.key_conv.weight' has shape [150]; that of ff_sa_cnn with 30 channels, " +
      'for stimuli of 50x50 pixels, has [5, 30, 1, 1]',
  );
  expect(rejection('ff_sa_cnn', state, { height: 64, width: 50 })).toBe(
    "its 'fcl.weight' has shape [1, 750]; that of ff_sa_cnn with 30 channels, " +
      'for stimuli of 64x50 pixels, has [1, 1350]',
  );
  const one = { shape: [], data: new Float32Array(1) };
  expect(rejection('ff_sa_cnn', changed('fcl2.bias', one))).toBe(
    "its 'fcl2.bias' is nothing of ff_sa_cnn with 30 channels",
  );
  expect(rejection('ff_sa_cnn', changed('b_cpbs.5.num_batches_tracked', one))).toBe('it fits');
  expect(rejection('ff_sa_cnn', changed('b_cpbs.4.num_batches_tracked', one))).toMatch(
    /nothing of/,
  );
  expect(() =>
    fromPublished('ff_sa_cnn', ARCHITECTURES.ff_sa_cnn.network, SIZE, changed('fcl.bias')),
  ).toThrow("it has no 'fcl.bias'");
  expect(rejection('ff_sa_cnn', state, { height: 10, width: 10 })).toBe(
    'the stimulus is too small for this network: 10x10 pixels; expected at least 32x32',
  );
});
