import type { ModelCard } from '../../src/models/card.js';
import { checkTargets, selectionWarnings, splitSite, type TrainingData } from '../data/split.js';
import { makeEnsemble, removeMembers } from '../ensemble/make-ensemble.js';
import {
  checkLeftMembers,
  checkMembers,
  memberRequests,
  memberWarnings,
} from '../ensemble/members.js';
import { chosenNeurons } from './chosen-neurons.js';
import { checkDisk, diskNeeded } from './disk.js';
import { type Interruption, interruptible } from './interruption.js';
import { type HeldLock, withLock } from './lock.js';
import type { Machine, ModelRequest } from './model-request.js';
import {
  createProgressDisplay,
  type MemberPlace,
  nameMember,
  type ProgressDisplay,
} from './progress.js';
import { createProgressWriter } from './progress-record.js';
import {
  findFinished,
  findFinishedEnsemble,
  type ModelPlan,
  planModel,
  planSizes,
  planSteps,
  trainingFolder,
} from './stage-plan.js';
import { type TrainedModel, trainStages } from './train-stages.js';
import { warmStartWarnings } from './warm-start.js';

/** One of the models that are trained, one after another: the only one, or a member of an ensemble. */
interface PlannedTraining {
  readonly request: ModelRequest;
  readonly member: MemberPlace | undefined;
  readonly plan: ModelPlan;
  /** The model, where it is trained already. */
  readonly finished: TrainedModel | undefined;
}

/**
 * Trains a network for each neuron of a site, or of its shard, and saves them; where the recipe
 * begins with another's networks, finds those saved, or trains them first. Of an ensemble, trains its members so.
 * @throws InputError before anything is trained where it cannot be, does not fit on the disk, or
 *   another process trains the same model
 * @throws Interrupted with how to continue; TrainingFailed where every neuron of the site stopped
 */
export async function trainModel(request: ModelRequest, machine: Machine): Promise<TrainedModel> {
  const { site, select, seed, heldOutSeed = seed, loss } = request;
  checkMembers(request);
  const neurons = chosenNeurons(site.training.neurons, request.neurons);
  checkTargets(site, loss, neurons);
  const data = splitSite(site, select, heldOutSeed, neurons);
  const place = trainingFolder(request);
  const say = (line: string) => machine.stream.write(`${line}\n`);
  const warnings = [
    ...selectionWarnings(data, select),
    ...warmStartWarnings(request),
    ...memberWarnings(request),
  ];
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
  await checkLeftMembers(request);
  const trainings = await planTrainings(request, machine, say, lock);
  const finished = await findWhole(request, trainings);
  if (finished) {
    say(`${finished.saved.folder} holds this very training, finished`);
    return finished;
  }
  const sizes = trainings.map(({ plan, request: own }) => planSizes(plan, own));
  // the ensemble stores a copy of every member
  const whole = request.members === undefined ? [] : sizes.flatMap((each) => each.slice(-1));
  checkDisk(place, diskNeeded([...sizes.flat(), ...whole]), await machine.freeDisk(place));
  const steps = trainings.flatMap(({ plan, member }) =>
    planSteps(plan, data.training.count, member),
  );
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
      const models = await trainAll(trainings, data, progress, interruption, lock);
      const model = await join(request, models, data, interruption, lock);
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

/** The model that is asked for, where the training is to be continued and has made it already. */
async function findWhole(
  request: ModelRequest,
  trainings: readonly PlannedTraining[],
): Promise<TrainedModel | undefined> {
  const [{ plan, finished }] = trainings as readonly [PlannedTraining];
  if (request.members === undefined) return finished;
  const saved = request.resume ? await findFinishedEnsemble(request, plan.neurons) : undefined;
  if (!saved) return undefined;
  await removeMembers(request.out);
  return { saved, neurons: saved.card.neurons, seconds: secondsOf(saved.card) };
}

/** The model that is trained, or an ensemble of those that are. */
async function join(
  request: ModelRequest,
  models: readonly TrainedModel[],
  data: TrainingData,
  interruption: Interruption,
  lock: HeldLock,
): Promise<TrainedModel> {
  if (request.members === undefined) return models[0]!;
  const members = models.map(({ saved }) => saved);
  const saved = await makeEnsemble(request, members, data, { interruption, lock });
  return { saved, neurons: saved.card.neurons, seconds: secondsOf(saved.card) };
}

/** Spent on the training of all members. */
function secondsOf({ members = [] }: ModelCard): number {
  return members.reduce(
    (sum, { training }) => sum + ('seconds' in training ? training.seconds : 0),
    0,
  );
}

async function planTrainings(
  request: ModelRequest,
  machine: Machine,
  say: (line: string) => void,
  lock: HeldLock,
): Promise<PlannedTraining[]> {
  const trainings: PlannedTraining[] = [];
  for (const [k, own] of memberRequests(request).entries()) {
    const member =
      request.members === undefined ? undefined : { number: k + 1, of: request.members };
    const plan = await planModel(own, machine, (line) => say(before(member, line)), lock);
    trainings.push({ request: own, member, plan, finished: await trainedAlready(own, plan) });
  }
  return trainings;
}

/** The model that a training which is to be continued has made already. */
async function trainedAlready(
  request: ModelRequest,
  plan: ModelPlan,
): Promise<TrainedModel | undefined> {
  if (!request.resume || plan.stages.at(-1)?.checkpoint.position !== undefined) return undefined;
  const saved = await findFinished(request, plan.neurons);
  if (!saved) return undefined;
  const { neurons, training } = saved.card;
  return { saved, neurons, seconds: training.seconds };
}

async function trainAll(
  trainings: readonly PlannedTraining[],
  data: TrainingData,
  progress: ProgressDisplay,
  interruption: Interruption,
  lock: HeldLock,
): Promise<TrainedModel[]> {
  const models: TrainedModel[] = [];
  let stages = 0;
  for (const { request, member, plan, finished } of trainings) {
    const first = stages;
    stages += plan.stages.length;
    const own: Pick<ProgressDisplay, 'report' | 'say'> = {
      report: (stage, ...report) => progress.report(first + stage, ...report),
      say: (line) => progress.say(before(member, line)),
    };
    if (finished) own.say(`${finished.saved.folder} is trained already`);
    models.push(finished ?? (await trainStages(request, plan, data, own, interruption, lock)));
  }
  return models;
}

/** A line that begins with the number of its member, where there are members. */
function before(member: MemberPlace | undefined, line: string): string {
  return member ? `${nameMember(member)}: ${line}` : line;
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
