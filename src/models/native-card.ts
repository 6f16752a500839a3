import { InputError } from '../errors.js';
import { type ImportedNetwork, isImported } from '../network/imported/architecture.js';
import type { ModelCard } from './card.js';

/** The card of a model whose networks are built here, of parameters that have names. */
export type NativeCard = ModelCard & {
  readonly architecture: Exclude<ModelCard['architecture'], ImportedNetwork>;
};

/** The card of a model whose network another program made. */
export type ImportedCard = ModelCard & {
  readonly architecture: Extract<ModelCard['architecture'], ImportedNetwork>;
};

export function isImportedCard(card: ModelCard): card is ImportedCard {
  return isImported(card.architecture);
}

/** @throws InputError where the network of a model is imported, so that its parameters have no names here */
export function nativeCard(card: ModelCard): NativeCard {
  if (!isImportedCard(card)) return card as NativeCard;
  throw new InputError(
    `the network of ${card.name}/${card.version} is imported: only the engine onnx computes it`,
  );
}
