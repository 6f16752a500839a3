import { batchesPerEpoch, recipeArchitecture } from '../../src/datasets/recipes.js';
import { syncFolder } from '../../src/files/whole-file.js';
import { counted } from '../../src/formats/counted.js';
import type { Fit } from '../../src/models/card.js';
import { nativeCard } from '../../src/models/native-card.js';
import { readWeights, type SavedModel, saveModel } from '../../src/models/saved-model.js';
import { isShared } from '../../src/network/any-architecture.js';
import { describeSize } from '../../src/network/stimulus-size.js';
import type { TrainingData } from '../data/split.js';
import { describeBackend } from '../kernels/training-backend.js';
import { describeModel } from '../model/training-card.js';
import type { Checkpoint } from './checkpoint/checkpoint.js';
import { Interrupted, type Interruption } from './interruption.js';
import type { HeldLock } from './lock.js';
import type { ModelRequest } from './model-request.js';
import type { TrainedNeuron } from './population.js';
import type { ProgressDisplay } from './progress.js';
import type { ModelPlan, Stage } from './stage-plan.js';
import { trainSite } from './train-site.js';
import { TrainingFailed } from './training-failed.js';

export interface TrainedModel {
  readonly saved: SavedModel;
  readonly neurons: readonly TrainedNeuron[];
  readonly seconds: number;
}

/** The most neurons that the message of a failed training names. */
const NEURONS_NAMED = 5;

/**
 * Trains the stages of one model, from where their checkpoints end, and saves each.
 * @param display its stages are those of this model
 * @throws Interrupted with how to continue; TrainingFailed where every neuron of the site stopped
 */
export async function trainStages(
  request: ModelRequest,
  plan: ModelPlan,
  data: TrainingData,
  display: Pick<ProgressDisplay, 'report' | 'say'>,
  interruption: Interruption,
  lock: HeldLock,
): Promise<TrainedModel> {
  let base = plan.base;
  let model: TrainedModel | undefined;
  for (const [index, stage] of plan.stages.entries()) {
    display.say(announcement(request, plan, stage, data));
    model = await trainStage(index, stage, base);
    base = model.saved;
  }
  return model!;

  async function trainStage(
    index: number,
    stage: Stage,
    base: SavedModel | undefined,
  ): Promise<TrainedModel> {
    const { recipe, out, checkpoint } = stage;
    await checkpoint.begin(base?.digest ?? null);
    const { seed, backend } = request;
    const task = { data, recipe, neurons: plan.neurons, seed, kernels: backend.kernels };
    const trained = await trainSite(
      { ...task, base: base && (await readBase(base, request)) },
      checkpoint,
      {
        report: (population, progress) => display.report(index, population, progress),
        onStop: ({ id, stopped }) => display.say(`neuron ${id} stops: ${stopped?.reason}`),
        interruption,
      },
    ).catch((error: unknown) => {
      if (!(error instanceof Interrupted)) throw error;
      throw new Interrupted(
        `interrupted; ${checkpoint.folder} holds the training: run the same command with --resume to continue`,
      );
    });
    const { neurons } = trained;
    if (!request.shard && neurons.every(({ stopped }) => stopped)) {
      await checkpoint.remove();
      throw new TrainingFailed(
        `${stage.name}: every neuron stopped, so nothing is saved: ${reasons(neurons)}`,
      );
    }
    const seconds = checkpoint.seconds();
    const card = await describeModel(request, stage, data, trained, seconds, base);
    await lock.confirm();
    const saved = await saveModel(out, card, trained.weights);
    await syncFolder(saved.folder);
    await checkpoint.remove();
    return { saved, neurons, seconds };
  }
}

async function readBase(base: SavedModel, { freeze, from }: ModelRequest) {
  const neurons = base.card.neurons.map(({ id }) => id);
  const { architecture } = nativeCard(base.card);
  const { readout } = architecture;
  return { readout, weights: await readWeights(base), neurons, freeze, fit: from?.fit };
}

function announcement(
  { site, backend, shard, select, from }: ModelRequest,
  { neurons }: ModelPlan,
  { name, recipe, checkpoint }: Stage,
  { training, selection, validation }: TrainingData,
): string {
  const share = shard ? ` (${neurons[0]} to ${neurons.at(-1)} of ${site.training.neurons})` : '';
  const heldOut = select === 'heldout' ? `, ${selection.count} held-out` : '';
  const trials = site.trials ? ` (${site.trials.count} trials)` : '';
  const device = describeBackend(backend, isShared(recipeArchitecture(recipe)));
  const batches = batchesPerEpoch(recipe, training.count);
  const warm = from ? ` from ${from.model.folder} (${FIT_WORDS[from.fit]})` : '';
  return (
    `${neurons.length} neurons${share}, ${training.count} training${trials}${heldOut} and ` +
    `${validation.count} validation images of ${describeSize(training)}; ${name}${warm}, ` +
    `${counted(recipe.epochs, 'epoch')} on ${device}${whereItGoesOn(checkpoint, neurons.length, batches)}`
  );
}

const FIT_WORDS: Readonly<Record<Fit, string>> = {
  readout: 'the readout alone',
  all: 'all parameters',
  core: 'its core, with new readouts',
};

/**
 * Says where a training continues.
 * @param batches of an epoch
 */
export function whereItGoesOn(
  { position, chunk }: Pick<Checkpoint, 'position' | 'chunk'>,
  neurons: number,
  batches: number,
): string {
  if (!position) return '';
  const populations = Math.ceil(neurons / chunk);
  const { population, epoch, batch } = position;
  if (population === populations) return '; continues, all neurons are trained';
  const which = populations > 1 ? `population ${population + 1}/${populations}, ` : '';
  const next = batch < batches ? `batch ${batch + 1}` : 'all of its batches are done';
  return `; continues with ${which}epoch ${epoch}, ${next}`;
}

function reasons(neurons: readonly TrainedNeuron[]): string {
  const listed = neurons
    .slice(0, NEURONS_NAMED)
    .map(({ id, stopped }) => `neuron ${id} (${stopped?.reason})`);
  const others = neurons.length - listed.length;
  return `${listed.join(', ')}${others > 0 ? ` and ${others} others` : ''}`;
}
