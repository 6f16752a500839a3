import * as tf from '@tensorflow/tfjs';
import type { Recipe } from '../../../src/datasets/recipes.js';
import type { NamedTensor } from '../../../src/formats/safetensors.js';
import type { Weights } from '../../../src/models/saved-model.js';
import { createBlockPass, type Parameters } from '../../../src/network/block-pass.js';
import { toDevice } from '../../../src/network/device.js';
import { type BatchStatistics, updateRunning } from '../../../src/network/layers/normalisation.js';
import type { ParameterSpecification } from '../../../src/network/layers/specification.js';
import type { SharedCore } from '../../../src/network/shared-core/architecture.js';
import { isOfCore } from '../../../src/network/shared-core/parameters.js';
import { readSharedMap } from '../../../src/network/shared-core/readouts.js';
import { computeSharedMap } from '../../../src/network/shared-core/trunk.js';
import type { OptimiserState } from '../learner.js';
import { averageLoss, type Loss } from '../loss.js';
import { adamStep, type Moments } from '../optimiser.js';
import type { Targets } from '../targets.js';
import { createLayout } from './layout.js';

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

/** What changes at each step, as vectors. A type, not an interface, so that tf.tidy accepts it as a container of tensors. */
type Vectors = {
  readonly learned: tf.Tensor1D;
  /** Running statistics of the batch norms. */
  readonly mean: tf.Tensor1D;
  readonly variance: tf.Tensor1D;
};

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
  const layouts = {
    learned: createLayout(learned, initial),
    mean: createLayout(namesOf('mean'), initial),
    variance: createLayout(namesOf('variance'), initial),
  };
  const changing = new Set([...learned, ...namesOf('mean'), ...namesOf('variance')]);
  const constant = toDevice(new Map([...initial].filter(([name]) => !changing.has(name))));
  const decay = layouts.learned.spread((name) => (DECAYS.test(name) ? weightDecay : 0));
  let moments: Moments = { first: momentsOf('first'), second: momentsOf('second') };
  let current = upload((name) => initial.get(name));
  let average = upload((name) => optimiser?.moments.get(`${AVERAGE}${name}`) ?? initial.get(name));
  let parameters = tf.tidy(() => apart(current));
  let steps = optimiser?.steps ?? 0;

  return {
    async step(batch, learningRate) {
      steps += 1;
      const { losses, ...next } = tf.tidy(() => {
        const { losses, gradients, statistics } = differentiate(batch);
        const stepped = descend(layouts.learned.join(gradients), learningRate);
        const now = { learned: stepped.parameter as tf.Tensor1D, ...follow(statistics) };
        return {
          losses,
          moments: { ...stepped.moments },
          current: now,
          average: averageWith(now),
          parameters: apart(now),
        };
      });
      tf.dispose([{ ...moments }, current, average, parameters]);
      ({ moments, current, average, parameters } = next);
      const values = await losses.data<'float32'>();
      losses.dispose();
      return values;
    },

    async respond(seen) {
      const responses = tf.tidy(() => respond({ ...constant, ...apart(average) }, seen));
      const values = await responses.data<'float32'>();
      responses.dispose();
      return values;
    },

    average: () => download(average),
    weights: () => download(current),

    async optimiser() {
      const entries = new Map<string, NamedTensor>();
      for (const order of ['first', 'second'] as const) {
        const values = await layouts.learned.download(moments[order] as tf.Tensor1D);
        for (const [name, tensor] of values) entries.set(`${order}.${name}`, tensor);
      }
      for (const [name, tensor] of await download(average)) {
        entries.set(`${AVERAGE}${name}`, tensor);
      }
      return { steps, moments: entries };
    },

    dispose() {
      tf.dispose([constant, decay, { ...moments }, current, average, parameters]);
    },
  };

  function respond(used: Parameters, seen: Seen, pass = createBlockPass(used)): tf.Tensor2D {
    const map = isKept
      ? pass.dropout(KEPT_MAP, seen.fixed)
      : computeSharedMap(core, seen.stimuli, seen.fixed, pass).map;
    return readSharedMap(core, map, pass.take);
  }

  function differentiate({ targets, measured, dropout, ...seen }: Batch) {
    const statistics = new Map<string, BatchStatistics>();
    let losses: tf.Tensor1D | undefined;
    const { grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
      const used: Parameters = {
        ...constant,
        ...parameters,
        ...Object.fromEntries(learned.map((name, index) => [name, values[index]!])),
      };
      const pass = createBlockPass(used, {
        dropout,
        collect: (block, { mean, variance }) =>
          statistics.set(block, { mean: tf.keep(mean), variance: tf.keep(variance) }),
      });
      losses = tf.keep(averageLoss(loss(respond(used, seen, pass), targets), measured));
      return losses.sum();
    })(learned.map((name) => parameters[name]!));
    return { losses: losses!, gradients: grads, statistics };
  }

  /** One step of AdamW (Loshchilov and Hutter 2019) down a gradient that is not longer than `clip`. */
  function descend(gradient: tf.Tensor1D, learningRate: number) {
    const norm = gradient.square().sum().sqrt();
    const clipped = gradient.mul(tf.minimum(1, tf.div(clip, norm.add(1e-6))));
    const decayed = current.learned.mul(tf.sub(1, decay.mul(learningRate)));
    return adamStep(decayed, clipped, moments, steps, learningRate);
  }

  /** The running statistics of all batch norms after a batch. */
  function follow(statistics: ReadonlyMap<string, BatchStatistics>) {
    const join = (name: keyof BatchStatistics) =>
      layouts[name].join(norms.map((block) => statistics.get(block)![name]));
    const own = { mean: join('mean'), variance: join('variance') };
    tf.dispose([...statistics.values()].flatMap(({ mean, variance }) => [mean, variance]));
    return updateRunning(current, own) as BatchStatistics;
  }

  /** At first the average keeps less of what it was, since it began with what had learnt nothing. */
  function averageWith(now: Vectors): Vectors {
    const kept = Math.min(share, (1 + steps) / (10 + steps));
    const mix = (name: keyof Vectors) =>
      average[name].mul(kept).add<tf.Tensor1D>(now[name].mul(1 - kept));
    return { learned: mix('learned'), mean: mix('mean'), variance: mix('variance') };
  }

  function apart({ learned: own, mean, variance }: Vectors): Parameters {
    return {
      ...layouts.learned.apart(own),
      ...layouts.mean.apart(mean),
      ...layouts.variance.apart(variance),
    };
  }

  function upload(of: (name: string) => NamedTensor | undefined): Vectors {
    const own = (name: keyof Vectors) => layouts[name].upload(of);
    return { learned: own('learned'), mean: own('mean'), variance: own('variance') };
  }

  /** All parameters, in the order of the initial ones. */
  async function download(vectors: Vectors): Promise<Map<string, NamedTensor>> {
    const own = await Promise.all(
      (['learned', 'mean', 'variance'] as const).map((name) =>
        layouts[name].download(vectors[name]),
      ),
    );
    const found = new Map(own.flatMap((part) => [...part]));
    return new Map([...initial].map(([name, tensor]) => [name, found.get(name) ?? tensor]));
  }

  function namesOf(statistic: keyof BatchStatistics): string[] {
    return norms.map((block) => `${block}.norm.${statistic}`);
  }

  function momentsOf(order: keyof Moments): tf.Tensor1D {
    return layouts.learned.upload((name) => optimiser?.moments.get(`${order}.${name}`));
  }
}
