import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../../src/errors.js';
import { siblingFolder } from '../stages.js';

/** One of several equal shares of a site's neurons. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/**
 * Reads `2/4`: the third of four shares.
 * @param source what the text was given as, for the message
 * @throws InputError where it is no share
 */
export function parseShard(text: string, source: string): Shard {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (index === undefined || of === undefined || index >= of) {
    throw new InputError(
      `${source} ${text}: it is i/n, share i of n, and i goes from 0 to n-1, such as 0/4 to 3/4`,
    );
  }
  return { index, of };
}

/**
 * The share that a Kubernetes job assigns to this pod, if it does.
 * @throws InputError where the variables do not make a share
 */
export function shardOfJob(
  environment: Readonly<Record<string, string | undefined>>,
): Shard | undefined {
  const index = environment['JOB_COMPLETION_INDEX'];
  const completions = environment['JOB_COMPLETIONS'];
  if (index === undefined) return undefined;
  if (completions === undefined) {
    throw new InputError(
      `JOB_COMPLETION_INDEX is ${index} and JOB_COMPLETIONS is not set: set it to the number of ` +
        "shares, the job's completions, or pass --shard",
    );
  }
  return parseShard(`${index}/${completions}`, 'JOB_COMPLETION_INDEX/JOB_COMPLETIONS');
}

/**
 * The neurons of a share, which lie together.
 * @param neurons ids of all neurons that are trained
 * @throws InputError where there are more shares than neurons
 */
export function neuronsOfShard(neurons: readonly number[], { index, of }: Shard): number[] {
  if (of > neurons.length) {
    throw new InputError(
      `shard ${index}/${of}: there are ${neurons.length} neurons, which make at most as many shares`,
    );
  }
  const [first, end] = [index, index + 1].map((i) => Math.floor((i * neurons.length) / of));
  return neurons.slice(first, end);
}

/** The shards of `models/x` are next to it, each a model that the service does not see. */
export function shardsFolder(out: string): string {
  return siblingFolder(out, '.shards');
}

/**
 * Into how many shares the neurons of `models/x` are cut, by the shares in its folder; undefined where there are none.
 * @param planned number of the shares that are to come
 * @throws InputError where there are shares of several numbers: they make no model
 */
export async function readShardCount(out: string, planned?: number): Promise<number | undefined> {
  const folder = shardsFolder(out);
  const names = await readdir(folder).catch(() => []);
  const counts = shardCounts(planned === undefined ? names : [...names, `0-of-${planned}`]);
  if (counts.length > 1) {
    throw new InputError(
      `${folder} holds shards of ${counts.join(' and of ')}: delete those that are not meant`,
    );
  }
  return counts[0];
}

/** Of how many shares the entries of such a folder are, in rising order; of one number, where all is well. */
export function shardCounts(names: readonly string[]): number[] {
  const counts = names.flatMap((name) => /^\d+-of-(\d+)$/.exec(name)?.slice(1) ?? []).map(Number);
  return [...new Set(counts)].toSorted((a, b) => a - b);
}

/** Where a share of `models/x` is saved: `models/x.shards/2-of-4`. */
export function shardFolder(out: string, { index, of }: Shard): string {
  return path.join(shardsFolder(out), `${index}-of-${of}`);
}
