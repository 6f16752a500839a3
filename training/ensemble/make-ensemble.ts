import { rm } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { syncFolder } from '../../src/files/whole-file.js';
import { type SavedModel, saveEnsemble } from '../../src/models/saved-model.js';
import type { TrainingData } from '../data/split.js';
import { Interrupted, type Interruption } from '../run/interruption.js';
import type { HeldLock } from '../run/lock.js';
import type { ModelRequest } from '../run/model-request.js';
import { describeEnsemble } from './describe-ensemble.js';
import { membersFolder } from './members.js';

/** What accompanies the making of an ensemble. */
interface EnsembleCompanions {
  readonly interruption: Interruption;
  readonly lock: HeldLock;
}

/**
 * Saves members that are trained as one model, and deletes their folder.
 * @param data of all members
 * @throws Interrupted with how to continue
 */
export async function makeEnsemble(
  { out, select, repeats, trainingTrials = 1 }: ModelRequest,
  members: readonly SavedModel[],
  { validation, selection }: TrainingData,
  { interruption, lock }: EnsembleCompanions,
): Promise<SavedModel> {
  const heldOut = select === 'heldout' ? selection : null;
  const data = { validation, repeats, trainingTrials, heldOut };
  const { card, members: described } = await describeEnsemble(members, data, async () => {
    await turn();
    if (!interruption.isRequested()) return;
    throw new Interrupted(
      `interrupted; ${membersFolder(out)} holds the members: run the same command with --resume to continue`,
    );
  });
  await lock.confirm();
  const saved = await saveEnsemble(out, card, described);
  await syncFolder(saved.folder);
  await removeMembers(out);
  return saved;
}

/** Deletes the members of an ensemble that is saved. */
export async function removeMembers(out: string): Promise<void> {
  await rm(membersFolder(out), { recursive: true, force: true });
}
