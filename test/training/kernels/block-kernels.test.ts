import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { Channels } from '../../../src/formats/channels.js';
import { Architecture } from '../../../src/network/architecture.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { type BlockOperations, forward } from '../../../src/network/forward.js';
import { initialParameters, parameterSpecifications } from '../../../src/network/parameters.js';
import { randomStream } from '../../../src/network/random.js';
import { loadAddon } from '../../../training/kernels/addon.js';
import { type BlockKernels, createBlockKernels } from '../../../training/kernels/block-kernels.js';
import { dropoutFactors } from '../../../training/model/dropout.js';
import { testWith, trainingKernelAddon } from '../../support/capabilities.js';
import { greatestDifference } from '../../support/numbers.js';

const capability = trainingKernelAddon();
const testKernels = testWith(capability);
/** Of the largest number of an array: float32 rounds to 6e-8, and Winograd's points enlarge it some hundred times. */
const TOLERANCE = 1e-4;
/** Gradients of biases before a batch norm are zero but for rounding, and are compared with this. */
const LEAST = 3e-2;

interface Population {
  readonly architecture: Architecture;
  readonly height: number;
  readonly width: number;
  readonly channels: Channels;
  readonly neurons: number;
  readonly images: number;
  /** Prefixes of blocks in evaluation mode. */
  readonly still?: readonly string[];
  /** `none`: in evaluation mode. */
  readonly dropout?: number | 'none';
  readonly threads?: number;
}

/** Numbers by name: responses, statistics, gradients. */
type Results = Map<string, Float32Array>;

beforeAll(async () => {
  await openBackend('wasm');
});

const open = ({ architecture, threads = 2 }: Population) =>
  createBlockKernels(loadAddon(capability.file)!, architecture, threads);

/** One step of a population, on the same numbers whatever computes it. */
function compute(population: Population, blocks: BlockOperations | undefined): Results {
  const { architecture, height, width, channels, neurons, images } = population;
  const { still = [], dropout = 0.3 } = population;
  const results: Results = new Map();
  const specifications = parameterSpecifications(architecture, { height, width, channels });
  const ids = Array.from({ length: neurons }, (_, id) => id);
  /** From -1 to 1; those of a neuron are the same among others. */
  const draw = (length: number, what: string, neuron: number) => {
    const random = randomStream(1, what, neuron);
    return Float32Array.from({ length }, () => random.uniform() * 2 - 1);
  };
  tf.tidy(() => {
    const initial = initialParameters(specifications, ids, 1);
    const parameters = Object.fromEntries(
      [...initial].map(([name, { data, shape }]) => {
        // a norm that changes nothing, and no attention, would hide errors
        const each = data.length / neurons;
        for (const id of /norm|gamma/.test(name) ? ids : []) {
          const own = draw(each, name, id).map((v, i) => data[id * each + i]! + 0.2 * v);
          data.set(name.endsWith('variance') ? own.fill(0.02) : own, id * each);
        }
        return [name, tf.tensor(data, [...shape])];
      }),
    );
    const stimuli = tf.tensor4d(draw(images * height * width * channels, 'stimuli', 0), [
      ...([images, height, width] as const),
      channels,
    ]);
    const weights = tf.stack(
      ids.map((id) => tf.tensor1d(draw(images, 'weights', id))),
      1,
    );
    if (dropout === 'none') {
      const { responses } = forward(architecture, parameters, stimuli, undefined, { blocks });
      results.set('responses', responses.dataSync<'float32'>().slice());
      return;
    }
    const factors = dropoutFactors(architecture, ids, images, dropout, {
      seed: 1,
      epoch: 1,
      batch: 0,
    });
    const learned = specifications.filter(
      ({ name, role }) => role === 'learned' && !still.some((start) => name.startsWith(start)),
    );
    const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const current = {
        ...parameters,
        ...Object.fromEntries(learned.map(({ name }, i) => [name, values[i]!])),
      };
      const mode = {
        dropout: factors,
        isStill: (block: string) => still.includes(`${block}.`),
        collect(block: string, { mean, variance }: { mean: tf.Tensor; variance: tf.Tensor }) {
          results.set(`${block} mean`, mean.dataSync<'float32'>().slice());
          results.set(`${block} variance`, variance.dataSync<'float32'>().slice());
        },
      };
      const { responses } = forward(architecture, current, stimuli, mode, { blocks });
      return responses.mul(weights).sum<tf.Scalar>();
    })(learned.map(({ name }) => parameters[name]!));
    results.set('sum', value.dataSync<'float32'>().slice());
    for (const [i, { name }] of learned.entries()) {
      results.set(name, grads[i]!.dataSync<'float32'>().slice());
    }
  });
  return results;
}

/** Compares each array with tfjs, relative to its largest number. */
function expectAlike(population: Population, kernels: BlockKernels): void {
  const expected = compute(population, undefined);
  const found = compute(population, kernels);
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, values] of found) {
    // exactly zero, which tfjs rounds to something else
    if (/(convolution|attention\.(key|value|output))\.bias$/.test(name)) {
      expect(
        values.every((value) => value === 0),
        name,
      ).toBe(true);
      continue;
    }
    const wanted = expected.get(name)!;
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), LEAST);
    expect(greatestDifference(values, wanted) / scale, name).toBeLessThan(TOLERANCE);
  }
}

const GRAY = { height: 50, width: 50, channels: 1, neurons: 2, images: 5 } as const;

for (const [id, { network }] of Object.entries(ARCHITECTURES)) {
  testKernels(`${id}: responses, statistics and gradients are those of tfjs`, () => {
    const population = { ...GRAY, architecture: Architecture.parse(network) };
    const kernels = open(population);
    expectAlike(population, kernels);
    expectAlike({ ...population, dropout: 'none' }, kernels);
    kernels.dispose();
  });
}

const SMALL = { betaKernel: 3, attention: 'mapped', readout: 'full', output: 'linear' } as const;
const ODD: Readonly<Record<string, Partial<Population>>> = {
  'colour, odd sizes, few channels': {
    ...{ height: 37, width: 54, channels: 3 },
    architecture: { ...SMALL, channels: 5 },
  },
  'more channels than vectors have': {
    ...{ height: 33, width: 40, neurons: 1, images: 3 },
    architecture: { ...SMALL, channels: 37, attention: 'none' },
  },
  'the smallest stimuli': {
    ...{ height: 32, width: 32, images: 2 },
    architecture: { ...SMALL, channels: 8 },
  },
  'maps of one number, whose variance is zero': {
    ...{ height: 32, width: 32, images: 1 },
    architecture: { ...SMALL, channels: 8 },
  },
  'blocks in evaluation mode': {
    architecture: { ...SMALL, channels: 8, attention: 'none' },
    still: ['alpha1.', 'alpha2.'],
  },
  'no dropout, softplus, one thread': {
    architecture: { ...SMALL, channels: 8, output: 'softplus' },
    ...{ dropout: 0, threads: 1 },
  },
};

for (const [name, changes] of Object.entries(ODD)) {
  testKernels(`${name}: as tfjs`, () => {
    const population = { ...GRAY, architecture: { ...SMALL, channels: 8 }, ...changes };
    const kernels = open(population);
    expectAlike(population, kernels);
    kernels.dispose();
  });
}

testKernels('a neuron has the same bits among others, on any number of threads', () => {
  const one = { ...GRAY, architecture: { ...SMALL, channels: 8 }, neurons: 1 };
  const all = { ...one, neurons: 5 };
  const [alone, among, onThree] = [one, all, { ...all, threads: 3 }].map((population) => {
    const kernels = open(population);
    const results = compute(population, kernels);
    kernels.dispose();
    return results;
  });
  const weight = (results: Results | undefined) => results!.get('alpha2.convolution.weight')!;
  expect(weight(onThree)).toEqual(weight(among));
  expect(weight(among).subarray(0, weight(alone).length)).toEqual(weight(alone));
});

testKernels('batches of any size follow each other, and nothing is left', () => {
  const architecture = { ...SMALL, channels: 4, attention: 'none' as const };
  const population = { ...GRAY, architecture };
  const kernels = open(population);
  const before = tf.memory().numTensors;
  for (const images of [5, 2, 7, 1]) {
    for (const neurons of [2, 3]) expectAlike({ ...population, images, neurons }, kernels);
  }
  kernels.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

testKernels('memory that was released cannot be used, nor arrays that are too small', () => {
  const addon = loadAddon(capability.file)!;
  const neurons = addon.create([1, 2, 32, 32, 1, 4, 1], [0, 5, 1, 5]);
  const block = (from: number) =>
    [25 * from * 4, 4, 4, 4, 0, 0, 0].map((length) => new Float32Array(length)) as never;
  const pass = (map: number, images = 2) =>
    addon.forward(
      ...([neurons, images, new Float32Array(2 * 32 * 32), [block(1), block(4)]] as const),
      new Float32Array(map),
      [4, 4, 4, 4].map((length) => new Float32Array(length)),
    );
  pass(2 * 5 * 5 * 4);
  expect(() => pass(2 * 5 * 5 * 4 - 1)).toThrow('wrong arguments of a forward pass');
  expect(() => pass(3 * 5 * 5 * 4, 3)).toThrow('wrong arguments of a forward pass');
  addon.release(neurons);
  expect(() => pass(2 * 5 * 5 * 4)).toThrow('wrong arguments of a forward pass');
  expect(() => addon.create([0, 2, 32, 32, 1, 4, 1], [0, 5])).toThrow();
  for (const kinds of [
    [3, 1],
    [1, 5],
    [0, 5, 0, 5],
    [0, 5, 5, 5],
  ]) {
    expect(() => addon.create([1, 2, 32, 32, 1, 4, 1], kinds)).toThrow('wrong kinds of blocks');
  }
});

test('there are no kernels where they were not compiled', () => {
  expect(loadAddon('/nowhere/blocks.node')).toBeUndefined();
});
