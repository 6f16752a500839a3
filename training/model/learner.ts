import * as tf from '@tensorflow/tfjs';
import type { NamedTensor } from '../../src/formats/safetensors.js';
import type { Architecture } from '../../src/network/architecture.js';
import {
  normParameters,
  type Parameters,
  type TrainingMode,
} from '../../src/network/block-pass.js';
import { type BlockOperations, forward } from '../../src/network/forward.js';
import { type BatchStatistics, updateRunning } from '../../src/network/layers/normalisation.js';
import type { ParameterSpecification } from '../../src/network/layers/specification.js';
import { averageLoss, type Loss, squaredError } from './loss.js';
import { type AdamStep, adamStep, type Moments } from './optimiser.js';
import type { Targets } from './targets.js';

/** One batch: what the networks see; targets [B, N]; dropout factors. */
interface Batch extends Targets {
  /** Stimuli [B, height, width, channels], scaled; or what `Learning.respond` takes instead. */
  readonly stimuli: tf.Tensor4D;
  readonly dropout?: Readonly<Record<string, tf.Tensor4D>>;
}

/** Which parameters do not learn. */
export interface Freezing {
  /** Their names, or prefixes of names. */
  readonly names: readonly string[];
  /**
   * Whether their blocks are in evaluation mode. In the published code they stay in training mode, with
   * dropout and with running statistics that follow the data.
   */
  readonly still: boolean;
}

const NOTHING_FROZEN: Freezing = { names: [], still: false };

/** The state of Adam for a population. The next step depends only on it and on the weights. */
export interface OptimiserState {
  /** Taken so far. */
  readonly steps: number;
  /** `first.<parameter>` and `second.<parameter>` of what learns, [N, ...] each. */
  readonly moments: ReadonlyMap<string, NamedTensor>;
}

/** What a population computes of its input, [B, N]. */
export type Respond = (
  parameters: Parameters,
  input: tf.Tensor4D,
  training?: TrainingMode,
) => tf.Tensor2D;

/** How a population learns; by default whole networks on the squared error, from the first step on. */
export interface Learning {
  readonly loss?: Loss | undefined;
  readonly learningRate?: number | undefined;
  /** What computes the responses, where it is not the whole network. */
  readonly respond?: Respond | undefined;
  /** The state of an earlier learner. */
  readonly optimiser?: OptimiserState | undefined;
  /** What takes the steps of Adam, where it is not tfjs. */
  readonly adam?: AdamStep | undefined;
}

/** A population of networks that learns. Holds tensors until it is disposed. */
export interface Learner {
  /**
   * One step of gradient descent.
   * @returns each neuron's loss before the step, [N]
   */
  step(batch: Batch): Promise<Float32Array>;
  /** Responses in evaluation mode, [B, N] row-major. */
  respond(stimuli: tf.Tensor4D): Promise<Float32Array>;
  /** The parameters as they are now, neurons stacked on the first axis. */
  weights(): Promise<Map<string, NamedTensor>>;
  /** The current state of the optimiser. */
  optimiser(): Promise<OptimiserState>;
  dispose(): void;
}

/**
 * @param initial parameters to begin with, [N, ...] each
 * @param freezing which parameters do not learn
 */
export function createLearner(
  architecture: Architecture,
  specifications: readonly ParameterSpecification[],
  initial: ReadonlyMap<string, NamedTensor>,
  freezing: Freezing = NOTHING_FROZEN,
  {
    loss = squaredError,
    optimiser,
    learningRate,
    respond = wholeNetwork(architecture),
    adam = adamStep,
  }: Learning = {},
): Learner {
  const isFrozen = (name: string) => freezing.names.some((start) => name.startsWith(start));
  const isStill = (block: string) => freezing.still && isFrozen(`${block}.`);
  const learned = specifications
    .filter(({ role, name }) => role === 'learned' && !isFrozen(name))
    .map(({ name }) => name);
  const norms = specifications
    .filter(({ name }) => name.endsWith('.norm.mean'))
    .map(({ name }) => name.replace('.norm.mean', ''))
    .filter((block) => !isStill(block));
  const parameters: Record<string, tf.Tensor> = {};
  const moments: Record<string, Moments> = {};
  let steps = optimiser?.steps ?? 0;
  for (const { name } of specifications) {
    const tensor = initial.get(name);
    if (tensor === undefined) throw new Error(`there is no initial '${name}'`);
    parameters[name] = tf.tensor(tensor.data, [...tensor.shape], 'float32');
  }
  for (const name of learned) {
    moments[name] = optimiser ? collectMoments(optimiser, name) : zeroMoments(parameters[name]!);
  }

  return {
    async step(batch) {
      steps += 1;
      const losses = tf.tidy(() => {
        const { losses, gradients, statistics } = differentiate(batch);
        for (const [index, name] of learned.entries()) descend(name, gradients[index]!);
        for (const block of norms) follow(block, statistics.get(block)!);
        return losses;
      });
      const values = await losses.data<'float32'>();
      losses.dispose();
      return values;
    },

    async respond(stimuli) {
      const responses = tf.tidy(() => respond(parameters, stimuli));
      const values = await responses.data<'float32'>();
      responses.dispose();
      return values;
    },

    async weights() {
      return await download(specifications.map(({ name }) => [name, parameters[name]!]));
    },

    async optimiser() {
      const entries = learned.flatMap((name): [string, tf.Tensor][] => [
        [`first.${name}`, moments[name]!.first],
        [`second.${name}`, moments[name]!.second],
      ]);
      return { steps, moments: await download(entries) };
    },

    dispose() {
      tf.dispose(parameters);
      for (const { first, second } of Object.values(moments)) tf.dispose([first, second]);
    },
  };

  /** The losses [N], the gradient of each learned parameter, the statistics of each batch norm. */
  function differentiate({ stimuli, targets, measured, dropout }: Batch) {
    const statistics = new Map<string, BatchStatistics>();
    let losses: tf.Tensor1D | undefined;
    const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const current: Parameters = {
        ...parameters,
        ...Object.fromEntries(learned.map((name, index) => [name, values[index]!])),
      };
      const responses = respond(current, stimuli, {
        ...(dropout && { dropout }),
        isStill,
        collect: (block, { mean, variance }) =>
          statistics.set(block, { mean: tf.keep(mean), variance: tf.keep(variance) }),
      });
      losses = tf.keep(averageLoss(loss(responses, targets), measured));
      return losses.sum(); // neurons are independent, so this is each one's own gradient
    })(learned.map((name) => parameters[name]!));
    return { losses: losses!, gradients: grads, statistics };
  }

  function descend(name: string, gradient: tf.Tensor): void {
    const { parameter, moments: next } = adam(
      parameters[name]!,
      gradient,
      moments[name]!,
      steps,
      learningRate,
    );
    tf.dispose([moments[name]!.first, moments[name]!.second]);
    moments[name] = { first: tf.keep(next.first), second: tf.keep(next.second) };
    replace(name, parameter);
  }

  function follow(block: string, statistics: BatchStatistics): void {
    const running = updateRunning(normParameters(parameters, block), statistics);
    replace(`${block}.norm.mean`, running.mean);
    replace(`${block}.norm.variance`, running.variance);
    tf.dispose([statistics.mean, statistics.variance]);
  }

  function replace(name: string, tensor: tf.Tensor): void {
    parameters[name]!.dispose();
    parameters[name] = tf.keep(tensor);
  }
}

/**
 * The responses of whole networks to stimuli.
 * @param blocks what computes their layers before the readout instead of tfjs
 */
export function wholeNetwork(architecture: Architecture, blocks?: BlockOperations): Respond {
  return (parameters, stimuli, training) =>
    forward(architecture, parameters, stimuli, training, { blocks }).responses;
}

function zeroMoments(parameter: tf.Tensor): Moments {
  return { first: tf.zerosLike(parameter), second: tf.zerosLike(parameter) };
}

function collectMoments({ moments }: OptimiserState, name: string): Moments {
  const upload = (entry: string) => {
    const tensor = moments.get(entry);
    if (tensor === undefined) throw new Error(`the optimiser has no '${entry}'`);
    return tf.tensor(tensor.data, [...tensor.shape], 'float32');
  };
  return { first: upload(`first.${name}`), second: upload(`second.${name}`) };
}

/** Copies of tensors as they are now. */
export async function download(
  tensors: readonly (readonly [string, tf.Tensor])[],
): Promise<Map<string, NamedTensor>> {
  const entries = tensors.map(async ([name, tensor]) => {
    // a copy: a backend may hand out what it still reads
    const data = (await tensor.data<'float32'>()).slice();
    return [name, { shape: tensor.shape, data }] as const;
  });
  return new Map(await Promise.all(entries));
}
