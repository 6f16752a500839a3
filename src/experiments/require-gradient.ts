import { NoGradientError } from '../errors.js';
import type { ServedModel } from '../inference/catalogue.js';
import { isImportedCard } from '../models/native-card.js';

/** @throws NoGradientError if the network of a model is imported without a graph of its gradient */
export function requireGradient({ name, version, card }: ServedModel): void {
  if (!isImportedCard(card) || card.architecture.gradient) return;
  throw new NoGradientError(
    `the network of ${name}/${version} was imported without its gradient: docs/import.md shows how to export one`,
  );
}
