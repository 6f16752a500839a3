import * as tf from '@tensorflow/tfjs';
import { type Recipe, separateArchitecture } from '../../src/datasets/recipes.js';
import type { Weights } from '../../src/models/saved-model.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { column, type ResponseMatrix } from '../../src/tuning/response-matrix.js';
import type { Recording } from '../data/recording.js';
import { copyPopulation, isFiniteRow, replaceRows, selectRows } from '../data/rows.js';
import type { TrainingData } from '../data/split.js';
import type { TrainingKernels } from '../kernels/training-backend.js';
import { evaluate, type Fit, predict } from '../run/fit.js';
import {
  allSame,
  beginning,
  FLAT_EPOCHS,
  type NeuronState,
  STOP_REASONS,
} from '../run/neuron-state.js';
import { type Base, baseWeights, beginWith } from '../run/stages.js';
import { dropoutFactors, type Moment } from './dropout.js';
import { createLearner, type Learner, type OptimiserState } from './learner.js';
import { readoutPart, wholePart } from './learning-part.js';
import { LOSSES } from './loss.js';
import {
  AS_RECORDED,
  foldScale,
  fromScale,
  levelScale,
  measureScale,
  type ResponseScale,
  scalesWithUntrained,
  unfoldScale,
} from './response-scale.js';
import { batchTargets } from './targets.js';

/** Which networks are trained, and on what. */
export interface PopulationTask {
  readonly data: TrainingData;
  readonly recipe: Recipe;
  /** Ids: columns of the site's responses. */
  readonly neurons: readonly number[];
  readonly seed: number;
  /** What the recipe's frozen parameters, or in a warm start all parameters, are taken from. */
  readonly base?: Base | undefined;
  /** What computes the layers before the readout of separate networks, where there are kernels. */
  readonly kernels?: TrainingKernels | undefined;
}

/** All that the further training of a population depends on. */
export interface NetworksState {
  readonly neurons: readonly NeuronState[];
  /** Of every neuron: the weights of its kept epoch, or those it began with. */
  readonly kept: Weights;
  /** Of the neurons that have not stopped. */
  readonly current: Weights;
  readonly optimiser: OptimiserState;
}

/** The networks of a population while they are trained. Holds tensors until disposed. */
export interface Networks {
  readonly neurons: readonly NeuronState[];
  /**
   * Prepares the first batch. A warm start measures its first networks on the selection images, and keeps only better
   * ones later; a shared core measures the training images.
   */
  begin(check: () => Promise<void>): Promise<void>;
  /** Ids of the neurons that have not stopped. */
  learning(): number[];
  /**
   * One step on some images; a neuron whose loss is not finite stops.
   * @returns the mean of the others' losses
   */
  learn(images: Uint32Array, moment: Moment): Promise<number>;
  /**
   * Keeps the networks that predict the selection images better than before, and stops those that are not
   * finite, or dead.
   * @param check is called before each batch of images
   * @returns the fit of each learning neuron
   */
  select(epoch: number, check: () => Promise<void>): Promise<Fit[]>;
  /**
   * Measures the kept networks.
   * @returns their fit on the validation images, null where it is undefined; and of every neuron the weights of its
   *   kept epoch, or those it began with, which predict in the unit of the recording
   */
  finish(check: () => Promise<void>): Promise<{ fits: (Fit | null)[]; weights: Weights }>;
  /** The state from which training can continue; at least one neuron must be learning. */
  state(): Promise<NetworksState>;
  dispose(): void;
}

/**
 * @param onStop is called for each neuron that stops
 * @param from the state of an earlier training; without it, training starts anew
 */
export function createSeparateNetworks(
  task: PopulationTask,
  onStop: (neuron: NeuronState) => void,
  from?: NetworksState,
): Networks {
  const { data, recipe, seed, base } = task;
  const { training } = data;
  const architecture = separateArchitecture(recipe);
  const specifications = parameterSpecifications(architecture, training);
  const freezing = { names: recipe.frozen, still: base?.freeze === 'still' };
  const scales = new Map(
    task.neurons.map((id) => [
      id,
      recipe.responses === 'normalised' ? measureScale(training, id) : AS_RECORDED,
    ]),
  );
  const kept = copyPopulation(from?.kept ?? initialWeights());
  const blocks = task.kernels?.open(architecture);
  const whole = { architecture, specifications, blocks };
  const part =
    base?.fit === 'readout' ? readoutPart(whole, kept, task.neurons, training) : wholePart(whole);
  const neurons = [...(from?.neurons ?? task.neurons.map((id) => beginning(training, id)))];
  if (!from) for (const neuron of neurons) if (neuron.stopped) onStop(neuron);
  let learner = startLearner(from?.current ?? selectRows(kept, learningRows()), from?.optimiser);

  return {
    neurons,
    learning,

    async begin(check) {
      // Held-out images may be among those that the model was trained on, so that they say nothing of it.
      if (!base?.fit || data.selection !== data.validation) return;
      const fits = await measureKept([...neurons.keys()], data.selection, check);
      for (const [row, { CORR }] of fits.entries()) update(neurons[row]!.id, () => ({ CORR }));
    },

    async learn(images, moment) {
      const ids = learning();
      const batch = {
        stimuli: await part.see(training, images, ids),
        ...batchTargets(training, images, ids, scalesOf(ids)),
        dropout: dropoutFactors(architecture, ids, images.length, recipe.dropout, moment),
      };
      const losses = await learner.step(batch);
      tf.dispose([batch.stimuli, batch.targets, ...Object.values(batch.dropout)]);
      if (batch.measured) tf.dispose([batch.measured.mask, batch.measured.scale]);
      const bad = ids.filter((_, i) => !Number.isFinite(losses[i]));
      await stop(bad, moment.epoch - 1, STOP_REASONS.loss);
      return mean(losses.filter(Number.isFinite));
    },

    async select(epoch, check) {
      const ids = learning();
      const predicted = await respond(learner, data.selection, ids, check);
      const fits = evaluate(data.selection, ids, fromScale(predicted, scalesOf(ids)));
      const weights = await learner.weights();
      const finite = ids.map(
        (_, i) => isFiniteRow(weights, i) && column(predicted, i).every(Number.isFinite),
      );
      const flat = ids.map((_, i) => allSame(column(predicted, i)));
      for (const [i, id] of ids.entries()) {
        if (finite[i]) keepIfBetter(epoch, id, fits[i]!, selectRows(weights, [i]));
        update(id, ({ flatEpochs }) => ({ flatEpochs: flat[i] ? flatEpochs + 1 : 0 }));
      }
      const dead = ids.filter((id, i) => finite[i] && trainingState(id).flatEpochs >= FLAT_EPOCHS);
      await stop(dead, epoch, STOP_REASONS.flat);
      const bad = ids.filter((_, i) => !finite[i]);
      await stop(bad, epoch - 1, STOP_REASONS.parameters);
      return fits;
    },

    async finish(check) {
      const rows = neurons.flatMap(({ keptEpoch }, row) =>
        keptEpoch === null && !base?.fit ? [] : [row],
      );
      const levelled = await levelKept(check);
      const measured = await measureKept(rows, data.validation, check, levelled);
      const fits = neurons.map((_, row) => measured[rows.indexOf(row)] ?? null);
      const fresh = base?.fit ? [] : neurons;
      const all = scalesWithUntrained(architecture, levelled, training, fresh);
      const weights = foldScale(architecture, kept, scalesOf(task.neurons, all));
      if (!base?.fit) return { fits, weights };
      // The networks on which a warm start did not improve are the base's, bit for bit.
      const same = neurons.flatMap(({ keptEpoch }, row) => (keptEpoch === null ? [row] : []));
      const ids = same.map((row) => neurons[row]!.id);
      return { fits, weights: replaceRows(weights, same, baseWeights(base, ids)) };
    },

    async state() {
      const [current, optimiser] = [await learner.weights(), await learner.optimiser()];
      return { neurons: [...neurons], kept, current, optimiser };
    },

    dispose() {
      learner.dispose();
      blocks?.dispose();
    },
  };

  function initialWeights(): Weights {
    const initial = initialParameters(specifications, task.neurons, seed);
    if (base) {
      const own = baseWeights(base, task.neurons);
      const weights = unfoldScale(base, own, scalesOf(task.neurons));
      beginWith(initial, { ...base, weights }, recipe.frozen);
    }
    return initial;
  }

  function scalesOf(ids: readonly number[], of = scales): ResponseScale[] {
    return ids.map((id) => of.get(id)!);
  }

  /** How well the kept networks of some rows predict a recording. */
  async function measureKept(
    rows: readonly number[],
    recording: Recording,
    check: () => Promise<void>,
    of = scales,
  ): Promise<Fit[]> {
    const ids = rows.map((row) => neurons[row]!.id);
    const predicted = await respondKept(rows, recording, check);
    // in the unit of the recording: peak tuning compares predictions with recorded responses
    return evaluate(recording, ids, fromScale(predicted, scalesOf(ids, of)));
  }

  /**
   * The scales in which the trained networks predict the mean of the training responses: the epoch that is kept has
   * the best CORR, which does not depend on the level.
   */
  async function levelKept(check: () => Promise<void>): Promise<typeof scales> {
    if (recipe.responses === 'recorded') return scales;
    const rows = neurons.flatMap(({ keptEpoch }, row) => (keptEpoch === null ? [] : [row]));
    const predicted = await respondKept(rows, training, check);
    const levelled = new Map(scales);
    for (const [i, row] of rows.entries()) {
      const { id } = neurons[row]!;
      levelled.set(id, levelScale(scales.get(id)!, training, id, column(predicted, i)));
    }
    return levelled;
  }

  /** What the kept networks of some rows respond, in the scale of each neuron. */
  async function respondKept(
    rows: readonly number[],
    recording: Recording,
    check: () => Promise<void>,
  ): Promise<ResponseMatrix> {
    const ids = rows.map((row) => neurons[row]!.id);
    if (ids.length === 0)
      return { stimuli: recording.count, neurons: 0, values: new Float32Array() };
    const keepers = startLearner(selectRows(kept, rows));
    try {
      return await respond(keepers, recording, ids, check);
    } finally {
      keepers.dispose();
    }
  }

  async function respond(
    population: Learner,
    recording: Recording,
    ids: readonly number[],
    check: () => Promise<void>,
  ): Promise<ResponseMatrix> {
    return await predict(population, recording, ids.length, async (images) => {
      await check();
      return await part.see(recording, images, ids);
    });
  }

  function startLearner(weights: Weights, optimiser?: OptimiserState): Learner {
    const { learningRate } = recipe;
    const [loss, adam] = [LOSSES[recipe.loss], task.kernels?.adam];
    const learning = { loss, learningRate, optimiser, adam, respond: part.respond };
    return createLearner(architecture, part.specifications, weights, freezing, learning);
  }

  function learningRows(): number[] {
    return neurons.flatMap(({ stopped }, row) => (stopped ? [] : [row]));
  }

  function learning(): number[] {
    return learningRows().map((row) => neurons[row]!.id);
  }

  function trainingState(id: number): NeuronState {
    return neurons.find((neuron) => neuron.id === id)!;
  }

  function update(id: number, change: (state: NeuronState) => Partial<NeuronState>): void {
    const row = neurons.findIndex((neuron) => neuron.id === id);
    neurons[row] = { ...neurons[row]!, ...change(neurons[row]!) };
  }

  /** The first epoch counts as the best so far even where its CORR is undefined, except after a warm start. */
  function keepIfBetter(epoch: number, id: number, { CORR }: Fit, weights: Weights): void {
    const before = trainingState(id);
    const isBegun = before.keptEpoch !== null || before.CORR !== null;
    if (isBegun && (CORR ?? -2) <= (before.CORR ?? -2)) return;
    update(id, () => ({ keptEpoch: epoch, CORR }));
    const row = neurons.findIndex((neuron) => neuron.id === id);
    for (const [name, { data }] of weights) kept.get(name)!.data.set(data, row * data.length);
  }

  /** Takes neurons out of the population, so that what is not finite reaches no other. */
  async function stop(ids: readonly number[], epoch: number, reason: string): Promise<void> {
    if (ids.length === 0) return;
    const before = learning();
    for (const id of ids) {
      update(id, () => ({ stopped: { epoch, reason } }));
      onStop(trainingState(id));
    }
    const left = before.flatMap((id, i) => (ids.includes(id) ? [] : [i]));
    const [weights, { steps, moments }] = [await learner.weights(), await learner.optimiser()];
    learner.dispose();
    learner = startLearner(selectRows(weights, left), {
      steps,
      moments: selectRows(moments, left),
    });
  }
}

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
