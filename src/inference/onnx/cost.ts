import { isShared } from '../../network/any-architecture.js';
import { multiplications } from '../../network/multiplications.js';
import { parameterCount } from '../../network/parameters.js';
import type { NetworkCard } from './group-graph.js';

/** A parameter comes from memory, which takes as long as this many multiplications. */
const FETCH = 27;
/**
 * What computing a group takes, in multiplications: enough that starting it is a small part of it, few
 * enough that its maps stay in a core's cache and that a request for one neuron computes few others.
 * By measurement: 4 neurons of ff_cnn, about 0.4 ms.
 */
const GROUP = 45e6;

/** Neurons that are computed together: all of those that share a core. */
export function groupSize({ architecture, stimulus }: NetworkCard): number {
  if (isShared(architecture)) return Number.POSITIVE_INFINITY;
  const parameters = parameterCount(architecture, stimulus);
  const each = multiplications(architecture, stimulus).each + FETCH * parameters;
  return Math.max(1, Math.round(GROUP / each));
}

/** onnxruntime keeps the weights as the graph has them, folded, and as its kernels need them. */
const COPIES = 3;
/** Of one session, whose maps stay allocated. */
const SESSION_BYTES = 2 * 2 ** 20;

/**
 * Bytes that the sessions of a model take. By measurement on models of 16 and 120 neurons of four architectures
 * and 1 to 8 threads: they took 0.7 to 1 times as much.
 * @param weights bytes of the weights file
 */
export function sessionBytes(weights: number, neurons: number, threads: number): number {
  return COPIES * weights + SESSION_BYTES * Math.min(threads, neurons);
}
