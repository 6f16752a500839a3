import { maximise } from '../../src/interpret/activation-maximisation.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';

const never = () => Promise.reject(new Error('it was called'));

/** Only maximises: each pixel changes the response of neuron `n` by `n + 1`, as in the fake engine. */
export const linearInterpreter: Omit<Interpreter, 'close'> = {
  interpret: never,
  gradient: never,
  maximise: ({ state, neuron, id, terms, until }) =>
    maximise(
      async ({ count, pixels }) => ({
        responses: new Float32Array(count),
        gradient: new Float32Array(pixels.length).fill(neuron + 1),
      }),
      state,
      id,
      terms,
      until,
    ),
};
