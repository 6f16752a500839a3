import * as tf from '@tensorflow/tfjs';
import { ADAM, findRecipe } from '../../src/datasets/recipes.js';
import type { NamedTensor } from '../../src/formats/safetensors.js';
import { ARCHITECTURES, type ArchitectureId } from '../../src/network/architectures/index.js';
import { forward } from '../../src/network/forward.js';
import { parameterSpecifications } from '../../src/network/parameters.js';
import { fromPublished } from '../../src/network/published.js';
import type { TrainingKernels } from '../../training/kernels/training-backend.js';
import { createLearner, wholeNetwork } from '../../training/model/learner.js';
import { greatestDifference } from '../support/numbers.js';
import { readGolden, withPrefix } from '../support/published.js';

const SIZE = { height: 50, width: 50 };
const STEPS = 3;

/** How much the open backend may differ from the published code. */
export const TOLERANCES = {
  responses: 1e-4,
  attention: 1e-5,
  /** Relative, for the loss of a step. */
  loss: 1e-4,
  /** Adam moves a number by its learning rate at most, whatever the gradient. */
  weight: 2.01 * STEPS * ADAM.learningRate,
  /** For all weights that the gradient moves. */
  usualWeight: 1e-3,
} as const;

export interface ForwardDifferences {
  /** The greatest of all responses. */
  readonly responses: number;
  /** The greatest of the centre's attention; undefined where the architecture has none, and with kernels. */
  readonly attention: number | undefined;
}

/** How far responses and attention are from those of the published code, on the open backend. */
export async function compareForward(
  id: ArchitectureId,
  kernels?: TrainingKernels,
): Promise<ForwardDifferences> {
  const golden = readGolden(id);
  const architecture = ARCHITECTURES[id].network;
  const blocks = kernels?.open(architecture);
  const { responses, centreAttention } = tf.tidy(() =>
    forward(architecture, population(id, golden), stimuli(golden), undefined, { blocks }),
  );
  try {
    const rows = kernels ? undefined : golden.get('centre_attention')?.data;
    if ((centreAttention === undefined) !== (rows === undefined)) {
      throw new Error(`attention of ${id} is missing on one side`);
    }
    return {
      responses: greatestDifference(await responses.data(), golden.get('responses')!.data),
      attention: centreAttention && rows && greatestDifference(await centreAttention.data(), rows),
    };
  } finally {
    tf.dispose([responses, centreAttention ?? []]);
    blocks?.dispose();
  }
}

export interface TrainingDifferences {
  /** Relative, for the loss of each step. */
  readonly losses: readonly number[];
  readonly weights: readonly {
    readonly name: string;
    readonly greatest: number;
    /** Share of numbers that differ by `TOLERANCES.usualWeight` or more; 0 where only noise moves them. */
    readonly off: number;
  }[];
}

/** How far three training steps are from those of the published code, on the open backend. */
export async function compareTraining(
  id: ArchitectureId,
  kernels?: TrainingKernels,
): Promise<TrainingDifferences> {
  const golden = readGolden(`${id}.train`);
  const architecture = ARCHITECTURES[id].network;
  const blocks = kernels?.open(architecture);
  const learner = createLearner(
    architecture,
    parameterSpecifications(architecture, SIZE),
    stack([fromPublished(id, architecture, SIZE, withPrefix(golden, 'before.'))]),
    { names: findRecipe(id).frozen, still: false },
    { respond: wholeNetwork(architecture, blocks), adam: kernels?.adam },
  );
  const [input, target] = [stimuli(golden), tensor(golden, 'target') as tf.Tensor2D];
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const [loss] = await learner.step({ stimuli: input, targets: target });
    const expected = golden.get('losses')!.data[step]!;
    losses.push(Math.abs(loss! - expected) / expected);
  }
  const weights = await learner.weights();
  learner.dispose();
  blocks?.dispose();
  tf.dispose([input, target]);
  const after = fromPublished(id, architecture, SIZE, withPrefix(golden, 'after.'));
  return {
    losses,
    weights: [...after].map(([name, { data }]) => {
      const actual = weights.get(name)!.data;
      const off = actual.filter(
        (value, i) => !(Math.abs(value - data[i]!) < TOLERANCES.usualWeight),
      );
      return {
        name,
        greatest: greatestDifference(actual, data),
        off: hasNoEffect(name) ? 0 : off.length / actual.length,
      };
    }),
  };
}

/**
 * A bias that a batch norm or a softmax cancels: its true gradient is zero, and Adam turns
 * the remaining rounding noise into steps of up to its learning rate.
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
    fromPublished(id, ARCHITECTURES[id].network, SIZE, withPrefix(golden, `neuron${i}.`)),
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
