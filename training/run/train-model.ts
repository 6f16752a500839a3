import { syncFolder } from '../../src/files/whole-file.js';
import type { Fit } from '../../src/models/card.js';
import { readWeights, type SavedModel, saveModel } from '../../src/models/saved-model.js';
import { isShared } from '../../src/network/any-architecture.js';
import { checkTargets, selectionWarnings, splitSite, type TrainingData } from '../data/split.js';
import { describeModel } from '../model/training-card.js';
import type { Checkpoint } from './checkpoint/checkpoint.js';
import { chosenNeurons } from './chosen-neurons.js';
import { checkDisk, diskNeeded } from './disk.js';
import { Interrupted, type Interruption, interruptible } from './interruption.js';
import { type HeldLock, withLock } from './lock.js';
import type { Machine, ModelRequest } from './model-request.js';
import type { TrainedNeuron } from './population.js';
import { createProgressDisplay, type ProgressDisplay } from './progress.js';
import { createProgressWriter } from './progress-record.js';
import {
  findFinished,
  type ModelPlan,
  planModel,
  planSizes,
  planSteps,
  type Stage,
  trainingFolder,
} from './stage-plan.js';
import { trainSite } from './train-site.js';
import { TrainingFailed } from './training-failed.js';
import { warmStartWarnings } from './warm-start.js';

export interface TrainedModel {
  readonly saved: SavedModel;
  readonly neurons: readonly TrainedNeuron[];
  readonly seconds: number;
}

/** The most neurons that the message of a failed training names. */
const NEURONS_TOLD = 5;

/**
 * Trains a network for each neuron of a site, or of its shard, and saves them; where the recipe
 * begins with another's networks, finds those saved, or trains them first.
 * @throws InputError before anything is trained where it cannot be, does not fit on the disk, or
 *   another process trains the same model
 * @throws Interrupted with how to continue; TrainingFailed where every neuron of the site stopped
 */
export async function trainModel(request: ModelRequest, machine: Machine): Promise<TrainedModel> {
  const { site, select, seed, loss } = request;
  const neurons = chosenNeurons(site.training.neurons, request.neurons);
  checkTargets(site, loss, neurons);
  const data = splitSite(site, select, seed, neurons);
  const place = trainingFolder(request);
  const say = (line: string) => machine.stream.write(`${line}\n`);
  const warnings = [...selectionWarnings(data, select), ...warmStartWarnings(request)];
  for (const warning of warnings) say(`warning: ${warning}`);
  return await withLock(
    place,
    say,
    (lock) => trainLocked(request, machine, data, place, say, lock),
    { wait: request.wait },
  );
}

async function trainLocked(
  request: ModelRequest,
  machine: Machine,
  data: TrainingData,
  place: string,
  say: (line: string) => void,
  lock: HeldLock,
): Promise<TrainedModel> {
  const plan = await planModel(request, machine, say, lock);
  if (request.resume && plan.stages.at(-1)?.checkpoint.position === undefined) {
    const saved = await findFinished(request, plan.neurons);
    if (saved) {
      say(`${saved.folder} holds this very training, finished`);
      const { neurons, training } = saved.card;
      return { saved, neurons, seconds: training.seconds };
    }
  }
  checkDisk(place, diskNeeded(planSizes(plan, request)), await machine.freeDisk(place));
  const steps = planSteps(plan, data.training.count);
  const display = createProgressDisplay(steps, machine.stream, machine.clock);
  const writer = createProgressWriter(place, steps, machine.clock, lock);
  const onRequest = () =>
    display.say(
      'finishes this batch and saves a checkpoint; press Ctrl-C again to stop immediately',
    );
  return await interruptible(machine.signals, onRequest, async (interruption) => {
    try {
      const progress = both(display, (stage, population, report) => {
        writer.report(stage, population, report);
        machine.onProgress?.({ stages: steps, stage, population, report });
      });
      const model = await trainStages(request, plan, data, progress, interruption, lock);
      writer.remove();
      return model;
    } catch (error) {
      writer.end(error);
      throw error;
    } finally {
      display.stop();
    }
  });
}

/** A display whose reports go to another place too. */
function both(display: ProgressDisplay, toOther: ProgressDisplay['report']): ProgressDisplay {
  return {
    ...display,
    report(...report) {
      display.report(...report);
      toOther(...report);
    },
  };
}

async function trainStages(
  request: ModelRequest,
  plan: ModelPlan,
  data: TrainingData,
  display: ProgressDisplay,
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
    const task = { data, recipe, neurons: plan.neurons, seed: request.seed };
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
  const { architecture } = base.card;
  if (isShared(architecture)) throw new Error('a base has a network for each neuron');
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
  const warm = from ? ` from ${from.model.folder} (${FIT_WORDS[from.fit]})` : '';
  return (
    `${neurons.length} neurons${share}, ${training.count} training${trials}${heldOut} and ` +
    `${validation.count} validation images of ${training.height}x${training.width}; ${name}${warm}, ` +
    `${recipe.epochs} epochs on ${backend.name} (${backend.device})${whereItGoesOn(checkpoint, neurons.length)}`
  );
}

const FIT_WORDS: Readonly<Record<Fit, string>> = {
  readout: 'the readout alone',
  all: 'all parameters',
};

function whereItGoesOn({ position, chunk }: Checkpoint, neurons: number): string {
  if (!position) return '';
  const populations = Math.ceil(neurons / chunk);
  const { population, epoch, batch } = position;
  if (population === populations) return '; continues, all neurons are trained';
  const which = populations > 1 ? `population ${population + 1}/${populations}, ` : '';
  return `; continues with ${which}epoch ${epoch}, batch ${batch + 1}`;
}

function reasons(neurons: readonly TrainedNeuron[]): string {
  const listed = neurons
    .slice(0, NEURONS_TOLD)
    .map(({ id, stopped }) => `neuron ${id} (${stopped?.reason})`);
  const others = neurons.length - listed.length;
  return `${listed.join(', ')}${others > 0 ? ` and ${others} others` : ''}`;
}
