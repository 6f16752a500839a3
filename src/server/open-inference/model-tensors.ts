import type { ModelCard } from '../../models/card.js';

/** Names of the tensors that go into every model, and of the one that comes out. */
export const STIMULUS = 'stimulus';
export const NEURONS = 'neurons';
export const RESPONSES = 'responses';

/** The metadata of a tensor in the protocol; -1: any length. */
interface TensorMetadata {
  readonly name: string;
  readonly datatype: 'FP32' | 'INT32';
  readonly shape: readonly number[];
}

export interface ModelTensors {
  readonly inputs: readonly (TensorMetadata & { readonly optional: boolean })[];
  readonly outputs: readonly TensorMetadata[];
}

/** The tensors of a model: stimuli of its size in, and the neurons by id where not all are wanted. */
export function modelTensors({ stimulus, neurons }: ModelCard): ModelTensors {
  const { height, width } = stimulus;
  return {
    inputs: [
      { name: STIMULUS, datatype: 'FP32', shape: [-1, height, width], optional: false },
      { name: NEURONS, datatype: 'INT32', shape: [-1], optional: true },
    ],
    outputs: [{ name: RESPONSES, datatype: 'FP32', shape: [-1, neurons.length] }],
  };
}
