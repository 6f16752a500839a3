import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, type TestAPI } from 'vitest';
import type { NamedTensor } from '../../src/formats/safetensors.js';
import { ARCHITECTURES, ArchitectureId } from '../../src/network/architectures.js';
import { type BackendName, openBackend } from '../../src/network/backend.js';
import { forward } from '../../src/network/forward.js';
import { parameterSpecifications } from '../../src/network/parameters.js';
import { fromPublished } from '../../src/network/published.js';
import { createLearner } from '../../training/learner.js';
import { ADAM } from '../../training/optimiser.js';
import { findRecipe } from '../../training/recipes/recipes.js';
import type { Capability } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { readGolden, withPrefix } from '../support/published.js';

const SIZE = { height: 50, width: 50 };
const STEPS = 3;

export interface GoldenOptions {
  readonly backend: BackendName;
  readonly test: TestAPI;
  readonly capability: Capability;
  /**
   * Whose golden batch holds a tie that the backend may break the other way: of the 129,600 windows
   * of ff_cnn's second max pool, for one, a single one has two values within 1e-6 of each other, and
   * the pool's gradient jumps there by more than any rounding.
   */
  readonly ties?: readonly ArchitectureId[];
  /** Of one test, in milliseconds. */
  readonly timeout?: number;
}

/** The numbers of the paper's own code, on one backend. */
export function goldenTests(options: GoldenOptions): void {
  const { backend, test, capability, ties = [], timeout = 60_000 } = options;
  beforeAll(async () => {
    if (capability.missing === null) await openBackend(backend);
  }, timeout);

  for (const id of ArchitectureId.options) {
    test(`${id}: responses and attention are the published code's`, { timeout }, async () => {
      const golden = readGolden(id);
      const before = tf.memory().numTensors;
      const { responses, centreAttention } = tf.tidy(() =>
        forward(ARCHITECTURES[id], population(id, golden), stimuli(golden)),
      );
      const real = golden.get('responses')!.data;
      expect(greatestDifference(await responses.data(), real)).toBeLessThan(1e-4);
      expect(centreAttention !== undefined).toBe(golden.has('centre_attention'));
      if (centreAttention) {
        const rows = golden.get('centre_attention')!.data;
        expect(greatestDifference(await centreAttention.data(), rows)).toBeLessThan(1e-5);
      }
      tf.dispose([responses, centreAttention ?? []]);
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  for (const id of ArchitectureId.options) {
    test(`${id}: three training steps are the published code's`, { timeout }, async () => {
      const golden = readGolden(`${id}.train`);
      const architecture = ARCHITECTURES[id];
      const tied = ties.includes(id);
      const tensors = tf.memory().numTensors;
      const learner = createLearner(
        architecture,
        parameterSpecifications(architecture, SIZE),
        stack([fromPublished(id, architecture, SIZE, withPrefix(golden, 'before.'))]),
        { names: findRecipe(id).frozen, still: false },
      );
      const [input, target] = [stimuli(golden), tensor(golden, 'target') as tf.Tensor2D];
      for (let step = 0; step < STEPS; step++) {
        const [loss] = await learner.step({ stimuli: input, targets: target });
        const expected = golden.get('losses')!.data[step]!;
        expect(Math.abs(loss! - expected) / expected).toBeLessThan(tied ? 1e-3 : 1e-4);
      }
      const weights = await learner.weights();
      const after = fromPublished(id, architecture, SIZE, withPrefix(golden, 'after.'));
      for (const [name, expected] of after) {
        const actual = weights.get(name)!.data;
        // Adam moves a number by its learning rate at most, whatever the gradient
        expect(greatestDifference(actual, expected.data), name).toBeLessThan(LARGEST_CHANGE);
        if (hasNoEffect(name)) continue;
        const off = actual.filter((value, i) => !(Math.abs(value - expected.data[i]!) < 1e-3));
        expect(off.length / actual.length, name).toBeLessThanOrEqual(tied ? 5e-3 : 0);
      }
      learner.dispose();
      tf.dispose([input, target]);
      expect(tf.memory().numTensors).toBe(tensors);
    });
  }
}

const LARGEST_CHANGE = 2.01 * STEPS * ADAM.learningRate;

/**
 * A bias that a batch norm or a softmax takes out again: its true gradient is zero, and Adam turns
 * the rounding noise that is left of it into steps of up to its learning rate.
 */
const hasNoEffect = (name: string) =>
  /\.convolution\.bias$|^attention\.(key|value|output)\.bias$/.test(name);

type Tensors = ReadonlyMap<string, NamedTensor>;

/** One array per parameter of several neurons -> [N, ...] */
function stack(neurons: readonly Tensors[]): Tensors {
  return new Map(
    [...neurons[0]!].map(([name, { shape }]) => {
      const data = neurons.flatMap((neuron) => [...neuron.get(name)!.data]);
      return [name, { shape: [neurons.length, ...shape], data: Float32Array.from(data) }];
    }),
  );
}

function population(id: ArchitectureId, golden: Tensors) {
  const neurons = [0, 1, 2].map((i) =>
    fromPublished(id, ARCHITECTURES[id], SIZE, withPrefix(golden, `neuron${i}.`)),
  );
  const stacked = stack(neurons);
  return Object.fromEntries([...stacked.keys()].map((name) => [name, tensor(stacked, name)]));
}

function stimuli(golden: Tensors): tf.Tensor4D {
  const { shape, data } = golden.get('input')!;
  return tf.tensor4d(data as Float32Array, [shape[0]!, SIZE.height, SIZE.width, 1]);
}

function tensor(tensors: Tensors, name: string): tf.Tensor {
  const { shape, data } = tensors.get(name)!;
  return tf.tensor(data as Float32Array, [...shape]);
}
