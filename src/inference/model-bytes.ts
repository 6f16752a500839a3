import type { ModelCard } from '../models/card.js';
import { populationSize } from '../models/members.js';
import { countWeights } from '../models/saved-model.js';
import { sessionBytes } from './onnx/cost.js';

/** A number of the weights on a device. */
const FLOAT_BYTES = 4;

/** Bytes that a model takes in the memory of an engine once it is loaded, golden responses computed. */
export function modelBytes(card: ModelCard, engine: string, threads: number): number {
  const { neurons, members } = populationSize(card);
  const weights = FLOAT_BYTES * members * countWeights(card);
  return engine === 'onnx' ? sessionBytes(weights, neurons * members, threads) : weights;
}
