import * as tf from '@tensorflow/tfjs';
import type { Recipe } from '../../../src/datasets/recipes.js';
import type { NamedTensor } from '../../../src/formats/safetensors.js';
import type { Weights } from '../../../src/models/saved-model.js';
import {
  createBlockPass,
  normParameters,
  type Parameters,
} from '../../../src/network/block-pass.js';
import { toDevice } from '../../../src/network/device.js';
import { type BatchStatistics, updateRunning } from '../../../src/network/layers/normalisation.js';
import type { ParameterSpecification } from '../../../src/network/layers/specification.js';
import type { SharedCore } from '../../../src/network/shared-core/architecture.js';
import { isOfCore } from '../../../src/network/shared-core/parameters.js';
import { readSharedMap } from '../../../src/network/shared-core/readouts.js';
import { computeSharedMap } from '../../../src/network/shared-core/trunk.js';
import { download, type OptimiserState } from '../learner.js';
import { averageLoss, type Loss } from '../loss.js';
import { adamStep, type Moments } from '../optimiser.js';
import type { Targets } from '../targets.js';

/** What a core sees of some images. */
export interface Seen {
  /** [B, H, W, 1], 0 for the mean gray; may be left out where no filter learns */
  readonly stimuli: tf.Tensor4D | undefined;
  /** What its fixed filters give, [B, h, w, fixed channels]; of a core that is kept, the map that the readouts see */
  readonly fixed: tf.Tensor4D;
}

/** The block of the channel dropout before the readouts of a core that is kept. */
export const KEPT_MAP = 'core.map';

interface Batch extends Targets, Seen {
  /** By block, [B, 1, 1, channels]. */
  readonly dropout: Readonly<Record<string, tf.Tensor4D>>;
}

/** A core and its readouts, which learn together. Holds tensors until it is disposed. */
export interface CoreLearner {
  /**
   * One step of AdamW on the sum of the neurons' losses.
   * @returns each neuron's loss before the step, [N]
   */
  step(batch: Batch, learningRate: number): Promise<Float32Array>;
  /** Responses of the average of the parameters over the steps, [B, N] row-major. */
  respond(seen: Seen): Promise<Float32Array>;
  /** The average of the parameters over the steps, which is what predicts. */
  average(): Promise<Map<string, NamedTensor>>;
  /** The parameters as they are now. */
  weights(): Promise<Map<string, NamedTensor>>;
  /** The current state of the optimiser, with the average. */
  optimiser(): Promise<OptimiserState>;
  dispose(): void;
}

/** Begins the names of the average's parameters in the state of an optimiser. */
const AVERAGE = 'average.';

/** The parameters that decay: those of convolutions, and the weights of channels in the readouts. */
const DECAYS = /\.convolution\.weight$|^readout\.weight$/;

/**
 * @param initial parameters to begin with
 * @param isKept whether the core stays as it is, and the readouts alone learn
 * @param optimiser the state of an earlier learner
 */
export function createCoreLearner(
  core: SharedCore,
  specifications: readonly ParameterSpecification[],
  initial: Weights,
  { weightDecay, clip, average: share }: NonNullable<Recipe['core']>,
  loss: Loss,
  isKept: boolean,
  optimiser?: OptimiserState,
): CoreLearner {
  const learning = specifications.filter(({ name }) => !(isKept && isOfCore(name)));
  const learned = learning.filter(({ role }) => role === 'learned').map(({ name }) => name);
  const norms = learning
    .filter(({ name }) => name.endsWith('.norm.scale'))
    .map(({ name }) => name.replace('.norm.scale', ''));
  const parameters: Record<string, tf.Tensor> = { ...toDevice(initial) };
  const averages: Record<string, tf.Tensor> = { ...toDevice(averageOf(optimiser) ?? initial) };
  const moments: Record<string, Moments> = {};
  for (const name of learned) moments[name] = momentsOf(name);
  let steps = optimiser?.steps ?? 0;

  return {
    async step(batch, learningRate) {
      steps += 1;
      const losses = tf.tidy(() => {
        const { losses, gradients, statistics } = differentiate(batch);
        const norm = tf.addN(gradients.map((gradient) => gradient.square().sum())).sqrt();
        const factor = tf.minimum(1, tf.div(clip, norm.add(1e-6)));
        for (const [i, name] of learned.entries()) {
          descend(name, gradients[i]!.mul(factor), learningRate);
        }
        for (const block of norms) follow(block, statistics.get(block)!);
        updateAverages();
        return losses;
      });
      const values = await losses.data<'float32'>();
      losses.dispose();
      return values;
    },

    async respond(seen) {
      const responses = tf.tidy(() => respond(averages, seen));
      const values = await responses.data<'float32'>();
      responses.dispose();
      return values;
    },

    average: () => download(Object.entries(averages)),
    weights: () => download(Object.entries(parameters)),

    async optimiser() {
      const entries = learned.flatMap((name): [string, tf.Tensor][] => [
        [`first.${name}`, moments[name]!.first],
        [`second.${name}`, moments[name]!.second],
      ]);
      for (const [name, tensor] of Object.entries(averages)) {
        entries.push([`${AVERAGE}${name}`, tensor]);
      }
      return { steps, moments: await download(entries) };
    },

    dispose() {
      tf.dispose([parameters, averages]);
      for (const { first, second } of Object.values(moments)) tf.dispose([first, second]);
    },
  };

  function respond(current: Parameters, seen: Seen, pass = createBlockPass(current)): tf.Tensor2D {
    const map = isKept
      ? pass.dropout(KEPT_MAP, seen.fixed)
      : computeSharedMap(core, seen.stimuli, seen.fixed, pass).map;
    return readSharedMap(core, map, pass.take);
  }

  function differentiate({ targets, measured, dropout, ...seen }: Batch) {
    const statistics = new Map<string, BatchStatistics>();
    let losses: tf.Tensor1D | undefined;
    const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const current: Parameters = {
        ...parameters,
        ...Object.fromEntries(learned.map((name, index) => [name, values[index]!])),
      };
      const pass = createBlockPass(current, {
        dropout,
        collect: (block, { mean, variance }) =>
          statistics.set(block, { mean: tf.keep(mean), variance: tf.keep(variance) }),
      });
      losses = tf.keep(averageLoss(loss(respond(current, seen, pass), targets), measured));
      return losses.sum();
    })(learned.map((name) => parameters[name]!));
    return { losses: losses!, gradients: grads, statistics };
  }

  function descend(name: string, gradient: tf.Tensor, learningRate: number): void {
    const before = parameters[name]!;
    const decayed = DECAYS.test(name) ? before.mul(1 - learningRate * weightDecay) : before;
    const { parameter, moments: next } = adamStep(
      decayed,
      gradient,
      moments[name]!,
      steps,
      learningRate,
    );
    tf.dispose([moments[name]!.first, moments[name]!.second]);
    moments[name] = { first: tf.keep(next.first), second: tf.keep(next.second) };
    replace(parameters, name, parameter);
  }

  function follow(block: string, statistics: BatchStatistics): void {
    const running = updateRunning(normParameters(parameters, block), statistics);
    replace(parameters, `${block}.norm.mean`, running.mean);
    replace(parameters, `${block}.norm.variance`, running.variance);
    tf.dispose([statistics.mean, statistics.variance]);
  }

  /** At first the average keeps less of what it was, since it began with what had learnt nothing. */
  function updateAverages(): void {
    const kept = Math.min(share, (1 + steps) / (10 + steps));
    const changing = [
      ...learned,
      ...norms.flatMap((block) => [`${block}.norm.mean`, `${block}.norm.variance`]),
    ];
    for (const name of changing) {
      replace(averages, name, averages[name]!.mul(kept).add(parameters[name]!.mul(1 - kept)));
    }
  }

  function momentsOf(name: string): Moments {
    const collect = (entry: string) => {
      const tensor = optimiser?.moments.get(entry);
      if (tensor === undefined) return tf.zerosLike(parameters[name]!);
      return tf.tensor(tensor.data, [...tensor.shape], 'float32');
    };
    return { first: collect(`first.${name}`), second: collect(`second.${name}`) };
  }
}

function replace(tensors: Record<string, tf.Tensor>, name: string, tensor: tf.Tensor): void {
  tensors[name]!.dispose();
  tensors[name] = tf.keep(tensor);
}

function averageOf(optimiser: OptimiserState | undefined): Weights | undefined {
  if (optimiser === undefined) return undefined;
  const own = [...optimiser.moments].filter(([name]) => name.startsWith(AVERAGE));
  return new Map(own.map(([name, tensor]) => [name.slice(AVERAGE.length), tensor]));
}
