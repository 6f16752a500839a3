import { NoGradientError } from '../errors.js';
import type { ServedModel } from '../inference/catalogue.js';
import { isImportedCard } from '../models/native-card.js';

/** Whether the gradient of a model's network can be computed: not where it was imported without it. */
export function hasGradient({ card }: Pick<ServedModel, 'card'>): boolean {
  return !isImportedCard(card) || card.architecture.gradient !== undefined;
}

/** @throws NoGradientError if the network of a model is imported without a graph of its gradient */
export function requireGradient(model: ServedModel): void {
  if (hasGradient(model)) return;
  const { name, version } = model;
  throw new NoGradientError(
    `the network of ${name}/${version} was imported without its gradient: docs/import.md shows how to export one`,
  );
}
