import type { ModelCard } from '../models/card.js';
import { countWeights } from '../models/saved-model.js';
import { sessionBytes } from './onnx/cost.js';

/** A number of the weights on a device. */
const FLOAT_BYTES = 4;

/** Bytes that a model takes in the memory of an engine once it is loaded, golden responses computed. */
export function modelBytes(card: ModelCard, engine: string, threads: number): number {
  const weights = FLOAT_BYTES * countWeights(card);
  return engine === 'onnx' ? sessionBytes(weights, card.neurons.length, threads) : weights;
}
