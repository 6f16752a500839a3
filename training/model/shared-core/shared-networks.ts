import * as tf from '@tensorflow/tfjs';
import { type Recipe, recipeArchitecture } from '../../../src/datasets/recipes.js';
import type { NamedTensor } from '../../../src/formats/safetensors.js';
import type { Weights } from '../../../src/models/saved-model.js';
import { isShared } from '../../../src/network/any-architecture.js';
import { toDevice } from '../../../src/network/device.js';
import { initialParameters } from '../../../src/network/parameters.js';
import type { SharedCore } from '../../../src/network/shared-core/architecture.js';
import { fixedChannels } from '../../../src/network/shared-core/gabors.js';
import {
  isOfCore,
  mapChannels,
  sharedCoreParameters,
} from '../../../src/network/shared-core/parameters.js';
import type { StimulusSize } from '../../../src/network/stimulus-size.js';
import { column, type ResponseMatrix } from '../../../src/tuning/response-matrix.js';
import type { Recording } from '../../data/recording.js';
import { copyPopulation, selectRows } from '../../data/rows.js';
import { evaluate, type Fit } from '../../run/fit.js';
import { beginning, type NeuronState, STOP_REASONS } from '../../run/neuron-state.js';
import { channelFactors } from '../dropout.js';
import { LOSSES } from '../loss.js';
import type { Networks, NetworksState, PopulationTask } from '../networks.js';
import {
  AS_RECORDED,
  foldScale,
  fromScale,
  levelScale,
  measureScale,
  type ResponseScale,
  scalesWithUntrained,
} from '../response-scale.js';
import { batchTargets } from '../targets.js';
import { type CoreLearner, createCoreLearner, KEPT_MAP } from './core-learner.js';
import { createSeeing, fixedSight, keptSight, measureFixed, measureGray } from './seeing.js';

/** Images that respond together. */
const BATCH = 50;
/** Of the responses of each neuron while a core learns them: what one neuron adds to the loss is what another adds. */
const OWN_DEVIATION = 1;

/**
 * A core with its readouts, which learn together. The kept epoch has the highest mean CORR of the neurons, and is the
 * same for all of them.
 * @param onStop is called for each neuron that stops
 * @param from the state of an earlier training; without it, training starts anew
 */
export function createSharedNetworks(
  task: PopulationTask,
  onStop: (neuron: NeuronState) => void,
  from?: NetworksState,
): Networks {
  const { data, recipe, seed, base } = task;
  const { training } = data;
  const { core, how } = sharedParts(recipe);
  const specifications = sharedCoreParameters(core, training);
  const scales = new Map(
    task.neurons.map((id) => [
      id,
      recipe.responses === 'normalised' ? measureScale(training, id, OWN_DEVIATION) : AS_RECORDED,
    ]),
  );
  const kept = copyPopulation(from?.kept ?? initialParameters(specifications, task.neurons, seed));
  const keptCore = base && toDevice(coreOf(base.weights));
  if (base)
    for (const [name, tensor] of coreOf(base.weights)) kept.get(name)!.data.set(tensor.data);
  const seeing = createSeeing(
    core,
    keptCore ? keptSight(core, training, keptCore) : fixedSight(core, training),
  );
  const neurons = [...(from?.neurons ?? task.neurons.map((id) => beginning(training, id)))];
  if (!from) for (const neuron of neurons) if (neuron.stopped) onStop(neuron);
  const dropped: readonly [string, number][] = keptCore
    ? [[KEPT_MAP, mapChannels(core, training)]]
    : droppedBlocks(core, training);
  let learner = startLearner(from?.current ?? selectRows(kept, learningRows()), from);

  return {
    neurons,
    learning,

    async begin(check) {
      if (keptCore) return; // with what it measured of the images that it learnt from
      const gray = await measureGray(training, check);
      kept.get('core.gray')!.data.set(gray);
      const { mean, variance } = await measureFixed(seeing, training, gray, check);
      kept.get('core.fixed.norm.mean')!.data.set(mean);
      kept.get('core.fixed.norm.variance')!.data.set(variance);
      learner.dispose();
      learner = startLearner(selectRows(kept, learningRows()));
    },

    async learn(images, moment) {
      const ids = learning();
      const batch = {
        ...(await seeing.see(training, images, gray())),
        ...batchTargets(training, images, ids, scalesOf(ids)),
        dropout: channelFactors(dropped, images.length, recipe.dropout, moment),
      };
      const isLate = moment.epoch > how.laterFrom * recipe.epochs;
      const losses = await learner.step(batch, isLate ? how.laterRate : recipe.learningRate);
      const { stimuli, fixed, targets, measured, dropout } = batch;
      tf.dispose([stimuli, fixed, targets, ...Object.values(dropout)]);
      if (measured) tf.dispose([measured.mask, measured.scale]);
      // What is not finite in one neuron is not finite in the core, and so in all others.
      if (!losses.every(Number.isFinite)) stopAll(moment.epoch - 1, STOP_REASONS.loss);
      return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    },

    async select(epoch, check) {
      const ids = learning();
      const predicted = await respond(learner, data.selection, ids.length, check);
      const fits = evaluate(data.selection, ids, fromScale(predicted, scalesOf(ids)));
      const average = await learner.average();
      if (![...average.values()].every(({ data: values }) => values.every(Number.isFinite))) {
        stopAll(epoch - 1, STOP_REASONS.parameters);
        return fits;
      }
      const before = neurons.filter(({ id }) => ids.includes(id));
      const isFirst = before.every(({ keptEpoch }) => keptEpoch === null);
      if (isFirst || meanCorr(fits) > meanCorr(before)) keep(epoch, fits, average);
      return fits;
    },

    async finish(check) {
      const rows = neurons.flatMap(({ keptEpoch }, row) => (keptEpoch === null ? [] : [row]));
      const ids = rows.map((row) => neurons[row]!.id);
      const levelled = new Map(scales);
      const fits: (Fit | null)[] = neurons.map(() => null);
      if (rows.length > 0) {
        const keepers = startLearner(selectRows(kept, rows));
        try {
          if (recipe.responses === 'normalised') {
            const own = await respond(keepers, training, rows.length, check);
            for (const [i, id] of ids.entries()) {
              levelled.set(id, levelScale(scales.get(id)!, training, id, column(own, i)));
            }
          }
          const predicted = await respond(keepers, data.validation, rows.length, check);
          const recorded = fromScale(predicted, scalesOf(ids, levelled));
          for (const [i, fit] of evaluate(data.validation, ids, recorded).entries()) {
            fits[rows[i]!] = fit;
          }
        } finally {
          keepers.dispose();
        }
      }
      const all = scalesWithUntrained(core, levelled, training, neurons);
      return { fits, weights: foldScale(core, kept, scalesOf(task.neurons, all)) };
    },

    async state() {
      const [current, optimiser] = [await learner.weights(), await learner.optimiser()];
      return { neurons: [...neurons], kept, current, optimiser };
    },

    dispose() {
      learner.dispose();
      if (keptCore) tf.dispose(keptCore);
    },
  };

  function startLearner(weights: Weights, state?: NetworksState): CoreLearner {
    return createCoreLearner(
      core,
      specifications,
      weights,
      how,
      LOSSES[recipe.loss],
      keptCore !== undefined,
      state?.optimiser,
    );
  }

  async function respond(
    population: CoreLearner,
    recording: Recording,
    count: number,
    check: () => Promise<void>,
  ): Promise<ResponseMatrix> {
    const values = new Float32Array(recording.count * count);
    for (let first = 0; first < recording.count; first += BATCH) {
      await check();
      const length = Math.min(BATCH, recording.count - first);
      const images = Array.from({ length }, (_, i) => first + i);
      const seen = await seeing.see(recording, images, gray());
      values.set(await population.respond(seen), first * count);
      tf.dispose([seen.stimuli, seen.fixed]);
    }
    return { stimuli: recording.count, neurons: count, values };
  }

  function gray(): Float32Array {
    return Float32Array.from(kept.get('core.gray')!.data);
  }

  function keep(epoch: number, fits: readonly Fit[], average: ReadonlyMap<string, NamedTensor>) {
    const rows = learningRows();
    for (const [i, row] of rows.entries()) {
      neurons[row] = { ...neurons[row]!, keptEpoch: epoch, CORR: fits[i]!.CORR };
    }
    for (const [name, { data: values }] of average) {
      const own = kept.get(name)!.data;
      if (isOfCore(name)) {
        own.set(values);
        continue;
      }
      const each = values.length / rows.length;
      for (const [i, row] of rows.entries()) {
        own.set(values.subarray(i * each, (i + 1) * each), row * each);
      }
    }
  }

  function stopAll(epoch: number, reason: string): void {
    for (const row of learningRows()) {
      neurons[row] = { ...neurons[row]!, stopped: { epoch, reason } };
      onStop(neurons[row]);
    }
  }

  function learningRows(): number[] {
    return neurons.flatMap(({ stopped }, row) => (stopped ? [] : [row]));
  }

  function learning(): number[] {
    return learningRows().map((row) => neurons[row]!.id);
  }

  function scalesOf(ids: readonly number[], of = scales): ResponseScale[] {
    return ids.map((id) => of.get(id)!);
  }
}

/** The parameters of a core among those of a model. */
function coreOf(weights: Weights): Weights {
  return new Map([...weights].filter(([name]) => isOfCore(name)));
}

/** The blocks whose channels are dropped, with their channels: not the only channel that there is. */
function droppedBlocks(core: SharedCore, stimulus: StimulusSize): [string, number][] {
  const { channels } = core;
  const fixed = fixedChannels(core, stimulus);
  const trunks: Record<SharedCore['trunk'], readonly string[]> = {
    none: [],
    convolutions: ['core.mix', 'core.combine'],
    recurrent: ['core.mix', 'core.recurrent'],
  };
  return [
    ...(core.front === 'pixels' ? [] : [['core.fixed', fixed] as [string, number]]),
    ...trunks[core.trunk].map((block): [string, number] => [block, channels]),
  ];
}

/** What a recipe says of the core that it trains. */
function sharedParts(recipe: Recipe) {
  const core = recipeArchitecture(recipe);
  if (!isShared(core) || recipe.core === undefined)
    throw new Error('the recipe has no shared core');
  return { core, how: recipe.core };
}

/** Over the neurons for which it is defined. */
function meanCorr(neurons: readonly { readonly CORR: number | null }[]): number {
  const known = neurons.flatMap(({ CORR }) => CORR ?? []);
  return known.length === 0 ? -2 : known.reduce((sum, value) => sum + value, 0) / known.length;
}
