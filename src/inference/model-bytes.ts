import type { ModelCard } from '../models/card.js';
import { populationSize } from '../models/members.js';
import { countWeights } from '../models/saved-model.js';
import { isShared } from '../network/any-architecture.js';
import { isImported } from '../network/imported/architecture.js';
import type { Precision } from '../network/precision.js';
import { kernelBytes } from './kernels/cost.js';
import { sessionBytes } from './onnx/cost.js';

/** A number of the weights on a device. */
const FLOAT_BYTES = 4;

/**
 * Bytes that a model takes in the memory of an engine once it is loaded, golden responses computed.
 * @param precision in which the engine computes it
 */
export function modelBytes(
  card: ModelCard,
  engine: string,
  threads: number,
  precision: Precision = 'float32',
): number {
  const { neurons, members } = populationSize(card);
  const weights = FLOAT_BYTES * members * countWeights(card);
  if (engine !== 'onnx') return weights;
  const networks = neurons * members;
  const inSessions = sessionBytes(weights, networks, threads);
  const { architecture, stimulus } = card;
  if (isImported(architecture) || isShared(architecture)) return inSessions;
  const inKernels = kernelBytes(architecture, stimulus, networks, threads, precision);
  // In float32 one of the two computes it.
  return precision === 'float32' ? Math.max(inSessions, inKernels) : inKernels;
}
