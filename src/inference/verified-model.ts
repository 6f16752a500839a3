import { InputError } from '../errors.js';
import { type NativeCard, nativeCard } from '../models/native-card.js';
import { readMembers, readModel, type SavedModel, type Weights } from '../models/saved-model.js';
import { parameterSpecifications } from '../network/parameters.js';
import { isOfCore } from '../network/shared-core/parameters.js';

/** A saved model as an engine loads it. */
export interface VerifiedModel {
  readonly card: NativeCard;
  /** The weights of each member, all there and of the shapes of the card's architecture. */
  readonly members: readonly Weights[];
}

/** @throws InputError when the card in a folder cannot be used, or has another digest */
export async function readUnchanged(folder: string, digest: string): Promise<SavedModel> {
  const saved = await readModel(folder);
  if (saved.digest !== digest) throw new InputError('card.json changed while it was loaded');
  return saved;
}

/**
 * Reads a model whose card has the given digest.
 * @throws InputError with the reason when it cannot be used, or when its network is imported
 */
export async function readVerified(folder: string, digest: string): Promise<VerifiedModel> {
  const saved = await readUnchanged(folder, digest);
  const card = nativeCard(saved.card);
  const members = await readMembers(saved);
  for (const weights of members) checkWeights(card, weights);
  return { card, members };
}

/** @throws InputError when a weight is missing, superfluous or of another shape */
function checkWeights(card: NativeCard, weights: Weights): void {
  const specifications = parameterSpecifications(card.architecture, card.stimulus);
  const known = new Set(specifications.map(({ name }) => name));
  const unknown = [...weights.keys()].find((name) => !known.has(name));
  if (unknown)
    throw new InputError(`unknown weight: '${unknown}'; expected those of the network alone`);
  for (const { name, shape } of specifications) {
    const wanted = [isOfCore(name) ? 1 : card.neurons.length, ...shape];
    const found = weights.get(name)?.shape;
    if (found === undefined) throw new InputError(`the weight '${name}' is missing`);
    if (found.join() !== wanted.join()) {
      throw new InputError(
        `the weight '${name}' has another shape: [${found}]; expected [${wanted}]`,
      );
    }
  }
}
