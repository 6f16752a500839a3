import type { ModelCard } from '../../models/card.js';
import { imageAxes } from '../../stimulus/stimuli.js';

/** Names of the tensors that go into every model, and of those that come out: the spread of an ensemble alone. */
export const STIMULUS = 'stimulus';
export const NEURONS = 'neurons';
export const RESPONSES = 'responses';
export const SPREAD = 'spread';
export type OutputName = typeof RESPONSES | typeof SPREAD;

/** The metadata of a tensor in the protocol; -1: any length. */
interface TensorMetadata<Name extends string = string> {
  readonly name: Name;
  readonly datatype: 'FP32' | 'INT32';
  readonly shape: readonly number[];
}

export interface ModelTensors {
  readonly inputs: readonly (TensorMetadata & { readonly optional: boolean })[];
  readonly outputs: readonly TensorMetadata<OutputName>[];
}

/** The tensors of a model: stimuli of its size in, [stimuli, height, width] or in colour [stimuli, height, width, 3], and the neurons by id where not all are wanted. */
export function modelTensors({ stimulus, neurons, members }: ModelCard): ModelTensors {
  const names: readonly OutputName[] = members === undefined ? [RESPONSES] : [RESPONSES, SPREAD];
  return {
    inputs: [
      { name: STIMULUS, datatype: 'FP32', shape: [-1, ...imageAxes(stimulus)], optional: false },
      { name: NEURONS, datatype: 'INT32', shape: [-1], optional: true },
    ],
    outputs: names.map((name) => ({
      name,
      datatype: 'FP32' as const,
      shape: [-1, neurons.length],
    })),
  };
}
