import path from 'node:path';
import type { Command } from 'commander';
import type { ResponseChoice } from '../../src/datasets/train-request.js';
import { InputError } from '../../src/errors.js';
import type { DataOptions } from '../data/data-rules.js';
import { checkTargets } from '../data/split.js';
import { type DataPlace, openData } from '../dataset/open-data.js';
import { chosenNeurons } from '../run/chosen-neurons.js';
import type { ModelRequest } from '../run/model-request.js';
import { checkModelName } from '../run/options.js';
import { chosenResponses } from '../run/response-choice.js';
import { neuronsOfShard, readShardCount, type Shard, shardFolder } from '../run/shards/shard.js';
import { describeStage } from '../run/stage-plan.js';
import { checkUndivided } from '../run/undivided.js';
import type { ClusterOptions } from './cluster-options.js';
import { checkEach, combinations, type EachOption, fillIn, parseCombination } from './each.js';
import { submissionFolder } from './submission.js';
import {
  type ClusterPlan,
  type PlannedTask,
  programWords,
  TASK_WORDS,
  trainWords,
} from './tasks.js';

/** The options of `train` that decide what is submitted. */
export type TrainingOptions = ClusterOptions &
  DataPlace &
  DataOptions &
  Pick<ModelRequest, 'recipe' | 'seed' | 'heldOutSeed' | 'loss' | 'select' | 'freeze' | 'out'> & {
    readonly responses: ResponseChoice;
    readonly epochs?: number;
    readonly neurons?: readonly number[];
    readonly shard?: Shard;
  };

/**
 * Divides a training into tasks: shards of one model, or one model for each combination of values. The data are
 * opened once, so that what is wrong with them is reported here and not by each task.
 * @param command the command whose options these are
 * @param say is called with each warning about the data
 * @throws InputError
 */
export async function planTraining(
  command: Command,
  options: TrainingOptions,
  say: (line: string) => void,
): Promise<ClusterPlan> {
  const { shards, each, out } = options;
  checkDivision(options);
  const program = [...programWords(), 'train'];
  const shared = [...trainWords(command), ...TASK_WORDS];
  const place = {
    name: path.basename(path.resolve(out)),
    folder: path.resolve(submissionFolder(out)),
  };
  if (each !== undefined) {
    const tasks = await planEach(command, options, each, say);
    return { ...place, train: [...program, ...shared], tasks, merge: undefined };
  }
  return {
    ...place,
    train: [
      ...program,
      '--data',
      path.resolve(options.data),
      '--out',
      path.resolve(out),
      ...shared,
    ],
    tasks: await planShards(options, shards!, say),
    merge: [...programWords(), 'merge', '--out', path.resolve(out)],
  };
}

/**
 * @throws InputError where it is not clear into which tasks a training is divided
 */
export function checkDivision(options: TrainingOptions): void {
  const { shards, each } = options;
  if (options.shard) {
    throw new InputError(
      '--shard is one share; expected --shards, the number of shares, with --on',
    );
  }
  if ((shards === undefined) === (each === undefined)) {
    throw new InputError(
      `--on has ${each ? 'both --shards and' : 'neither --shards nor'} --each; expected --shards, the ` +
        'number of tasks that share the neurons of one model, or --each, with a task for each model',
    );
  }
}

async function planShards(
  options: TrainingOptions,
  of: number,
  say: (line: string) => void,
): Promise<PlannedTask[]> {
  checkModelName(options.out);
  await readShardCount(options.out, of);
  const { neurons, ...site } = await readSite(options, say);
  checkUndivided({ recipe: options.recipe, shards: of }, neurons.length);
  const request = { ...options, ...determined(options), site };
  return Array.from({ length: of }, (_, index) => {
    const shard = { index, of };
    return {
      label: `shard ${index}/${of}`,
      place: path.resolve(shardFolder(options.out, shard)),
      expected: describeStage(request, options.recipe, neuronsOfShard(neurons, shard)),
      words: ['--shard', `${index}/${of}`],
    };
  });
}

async function planEach(
  command: Command,
  options: TrainingOptions,
  each: readonly EachOption[],
  say: (line: string) => void,
): Promise<PlannedTask[]> {
  checkEach(command, each, options.out);
  const sites = new Map<string, ReturnType<typeof readSite>>();
  const tasks: PlannedTask[] = [];
  for (const combination of combinations(each)) {
    const own: TrainingOptions = {
      ...options,
      ...parseCombination(command, combination),
      data: path.resolve(fillIn(options.data, combination)),
      out: path.resolve(fillIn(options.out, combination)),
    };
    checkModelName(own.out);
    const { loss } = own;
    const key = JSON.stringify([own.data, own.site, loss]);
    const reading = sites.get(key) ?? readSite(own, say);
    sites.set(key, reading);
    const { neurons, ...site } = await reading;
    const values = Object.entries(combination);
    tasks.push({
      label: values.map(([name, value]) => `${name} ${value}`).join(', '),
      place: own.out,
      expected: describeStage({ ...own, ...determined(own), site }, own.recipe, neurons),
      words: [
        ...['--data', own.data, '--out', own.out],
        ...values.flatMap(([name, value]) => [`--${name}`, value]),
      ],
    });
  }
  return tasks;
}

/** What `train` makes of its options. */
function determined(options: TrainingOptions) {
  return { epochs: options.epochs, responses: chosenResponses(options), from: undefined };
}

async function readSite(options: TrainingOptions, say: (line: string) => void) {
  const { site } = await openData(options, options);
  try {
    for (const warning of site.warnings) say(`warning: ${warning}`);
    checkTargets(site, options.loss, options.neurons);
    const { white, digests, training } = site;
    return { white, digests, neurons: chosenNeurons(training.neurons, options.neurons) };
  } finally {
    await site.close();
  }
}
