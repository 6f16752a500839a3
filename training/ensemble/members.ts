import { access } from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../src/errors.js';
import { unless } from '../../src/files/disk-error.js';
import type { ModelRequest } from '../run/model-request.js';
import { siblingFolder } from '../run/stages.js';

/** The members of `models/x`, each a model, are in `models/x.members` until the ensemble is saved. */
export function membersFolder(out: string): string {
  return siblingFolder(out, '.members');
}

/**
 * The trainings of the members: their seeds follow each other, so that initial weights and the order of the images
 * differ, and all hold out the images that the first one does.
 * @returns the request itself where it is of no ensemble
 * @example memberRequests({ ...request, seed: 5, members: 2, out: 'models/x' })[1]!.out // models/x.members/seed-6
 */
export function memberRequests(request: ModelRequest): ModelRequest[] {
  const { members, seed, out } = request;
  if (members === undefined) return [request];
  return Array.from({ length: members }, (_, k) => ({
    ...request,
    members: undefined,
    seed: seed + k,
    heldOutSeed: seed,
    out: path.join(membersFolder(out), `seed-${seed + k}`),
  }));
}

/** @throws InputError naming the option of a request that does not go with members */
export function checkMembers({ members, shard, from }: ModelRequest): void {
  if (members === undefined) return;
  const [divided] = [
    ...(shard === undefined ? [] : [`--shard ${shard.index}/${shard.of}`]),
    ...(from === undefined ? [] : [`${from.naming.from} ${from.place}`]),
  ];
  if (divided === undefined) return;
  throw new InputError(
    `${divided} is used with ${members} members; expected it without: members are trained whole, and each begins anew`,
  );
}

/** @throws InputError where members of a training that was broken off are there, and it is not to be continued */
export async function checkLeftMembers({
  members,
  out,
  resume,
}: Pick<ModelRequest, 'members' | 'out' | 'resume'>): Promise<void> {
  if (members === undefined || resume) return;
  const folder = membersFolder(out);
  const isThere = await access(folder).then(() => true, unless('ENOENT'));
  if (!isThere) return;
  throw new InputError(
    `${folder} holds the members of a training that was broken off: add --resume to go on with it, or delete that ` +
      'folder to begin anew',
  );
}

/** Warnings about what an ensemble will lack. */
export function memberWarnings({
  members,
  select,
}: Pick<ModelRequest, 'members' | 'select'>): string[] {
  if (members === undefined || select === 'heldout') return [];
  return ['the ensemble will have no intervals: they are learnt with --select heldout'];
}
