import { setImmediate as turn } from 'node:timers/promises';
import { batchesPerEpoch } from '../../src/datasets/recipes.js';
import type { Weights } from '../../src/models/saved-model.js';
import { randomStream } from '../../src/network/random.js';
import { createNetworks } from '../model/create-networks.js';
import type { Networks, NetworksState, PopulationTask } from '../model/networks.js';
import type { Fit } from './fit.js';
import { Interrupted, type Interruption } from './interruption.js';
import type { NeuronState } from './neuron-state.js';

/** A trained neuron: how well it is predicted, and by which epoch's weights. */
export interface TrainedNeuron extends Fit, Pick<NeuronState, 'id' | 'keptEpoch' | 'stopped'> {}

export interface TrainedPopulation {
  readonly neurons: readonly TrainedNeuron[];
  /** Each neuron's weights of its kept epoch, neurons stacked on the first axis. */
  readonly weights: Weights;
}

/** A population in the middle of its training: it continues from this, bit for bit. */
export interface PopulationState extends NetworksState {
  /** From 1. */
  readonly epoch: number;
  /** The batch of the epoch that is next, from 0; after the last, the evaluation is. */
  readonly batch: number;
}

/** What is reported after each batch and, with its CORRs, each epoch. */
export interface TrainingReport {
  /** From 1. */
  readonly epoch: number;
  readonly batches: number;
  readonly batchesPerEpoch: number;
  /** Mean over the neurons of the last batch's loss. */
  readonly loss: number;
  /** After an epoch: each learning neuron on the images on which the kept epoch is chosen. */
  readonly fits?: readonly Fit[];
}

/** What accompanies a training. */
export interface Companions {
  readonly report?: (progress: TrainingReport) => void;
  /** Is given the state after each epoch, except of a fit of readouts, which is short; and when it is interrupted. */
  readonly save?: (state: PopulationState) => Promise<void>;
  /** Is called for each neuron that stops. */
  readonly onStop?: (neuron: NeuronState) => void;
  readonly interruption?: Interruption;
}

/**
 * Trains one network for each of some neurons of a site, together, and keeps each one's weights of
 * the epoch with its highest CORR on the images for that. A neuron that cannot go on stops alone.
 * @param from where to go on
 * @throws Interrupted after the state has been saved
 */
export async function trainPopulation(
  task: PopulationTask,
  { report, save, onStop, interruption }: Companions = {},
  from?: PopulationState,
): Promise<TrainedPopulation> {
  const { data, recipe, seed } = task;
  const batches = batchesPerEpoch(recipe, data.training.count);
  const networks = createNetworks(task, onStop ?? (() => undefined), from);
  let { epoch, batch } = from ?? { epoch: 1, batch: 0 };
  try {
    // Where it was interrupted before its first batch, this was not finished.
    if (epoch === 1 && batch === 0) await networks.begin(check);
    while (epoch <= recipe.epochs && networks.learning().length > 0) await trainEpoch();
    return await finish(networks, check);
  } catch (error) {
    if (error instanceof Interrupted) await saveState();
    throw error;
  } finally {
    networks.dispose();
  }

  async function trainEpoch(): Promise<void> {
    const order = Uint32Array.from({ length: data.training.count }, (_, image) => image);
    randomStream(seed, 'order', epoch).shuffle(order);
    let loss = Number.NaN;
    while (batch < batches && networks.learning().length > 0) {
      await check();
      const images = order.subarray(batch * recipe.batchSize, (batch + 1) * recipe.batchSize);
      loss = await networks.learn(images, { seed, epoch, batch });
      batch += 1;
      report?.({ epoch, batches: batch, batchesPerEpoch: batches, loss });
    }
    if (networks.learning().length === 0) return;
    const fits = await networks.select(epoch, check);
    report?.({ epoch, batches, batchesPerEpoch: batches, loss, fits });
    [epoch, batch] = [epoch + 1, 0];
    if (task.base?.fit !== 'readout') await saveState();
  }

  /** Between two batches, where signals come through and the training can be left. */
  async function check(): Promise<void> {
    await turn();
    if (interruption?.isRequested()) throw new Interrupted();
  }

  async function saveState(): Promise<void> {
    if (networks.learning().length === 0) return; // what is left takes no time
    await save?.({ epoch, batch, ...(await networks.state()) });
  }
}

async function finish(networks: Networks, check: () => Promise<void>): Promise<TrainedPopulation> {
  const { fits, weights } = await networks.finish(check);
  const neurons = networks.neurons.map(({ id, keptEpoch, stopped }, row): TrainedNeuron => {
    const fit = fits[row] ?? { CORR: null, PT_J: null, PT_S: null };
    return { id, ...fit, keptEpoch, ...(stopped && { stopped }) };
  });
  return { neurons, weights };
}
