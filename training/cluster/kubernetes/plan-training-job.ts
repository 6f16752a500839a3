import path from 'node:path';
import type { Command } from 'commander';
import { InputError } from '../../../src/errors.js';
import { checkModelName } from '../../run/options.js';
import { checkEach, combinations, fillIn } from '../each.js';
import { checkDivision, type TrainingOptions } from '../plan-training.js';
import { TASK_WORDS, trainWords } from '../tasks.js';
import type { TrainingJob } from './training-job.js';

/** Of a task, where nothing else is given: what a training of some tens of neurons takes on CPU cores. */
const USUAL = { cpus: 2, memory: '4G', mount: '/lab' };

/**
 * Describes a training as a Job of Kubernetes. The data are read there, not here.
 * @param command the command whose options these are
 * @throws InputError where an option is missing, or a folder is not in the claim
 */
export function planTrainingJob(command: Command, options: TrainingOptions): TrainingJob {
  checkDivision(options);
  const { image, claim, cpus, memory, mount, gpus, parallel, shards, each } = {
    ...USUAL,
    ...options,
  };
  if (image === undefined || claim === undefined) {
    const missing = image === undefined ? '--image' : '--claim';
    throw new InputError(
      `--on kubernetes is used without ${missing}; expected --image and --claim`,
    );
  }
  const data = placeInClaim('data', options.data, mount);
  const out = placeInClaim('out', options.out, mount);
  const name = path.posix.basename(out);
  const limits = { name, image, claim, mount, cpus, memory, gpus, parallel };
  const shared = [...trainWords(command), ...TASK_WORDS];
  if (each === undefined) {
    checkModelName(out);
    return { ...limits, words: ['--data', data, '--out', out, ...shared], tasks: shards! };
  }
  checkEach(command, each, out);
  const tasks = combinations(each).map((combination) => {
    const own = fillIn(out, combination);
    checkModelName(own);
    const values = Object.entries(combination).flatMap(([key, value]) => [`--${key}`, value]);
    return ['--data', fillIn(data, combination), '--out', own, ...values];
  });
  return { ...limits, words: shared, tasks };
}

/** A folder as the containers see it; a relative one is in the claim. */
function placeInClaim(name: string, folder: string, mount: string): string {
  const place = path.posix.resolve(mount, folder);
  if (place.startsWith(`${path.posix.resolve(mount)}/`)) return place;
  throw new InputError(`--${name} ${folder} is not in the claim; expected a folder in ${mount}`);
}
