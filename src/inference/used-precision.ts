import type { ModelCard } from '../models/card.js';
import { isShared } from '../network/any-architecture.js';
import { isImported } from '../network/imported/architecture.js';
import type { Precision } from '../network/precision.js';
import type { ServedModel } from './catalogue.js';

/** The precision in which an engine computes a model: only networks of one neuron have others than float32. */
export function usedPrecision(
  { architecture }: Pick<ModelCard, 'architecture'>,
  precision: Precision,
): Precision {
  return isShared(architecture) || isImported(architecture) ? 'float32' : precision;
}

/** Identifies the responses of a model: its digest, and the precision where that is not float32. */
export function responsesTag({
  digest,
  precision = 'float32',
}: Pick<ServedModel, 'digest' | 'precision'>): string {
  return precision === 'float32' ? digest : `${digest}.${precision}`;
}
