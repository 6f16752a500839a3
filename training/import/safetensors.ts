import { InputError } from '../../src/errors.js';
import { readSafetensors, type SafetensorsEntry } from '../../src/formats/safetensors.js';
import {
  contiguous,
  FLOAT_TYPES,
  readTensor,
  type StateDict,
  type StoredTensor,
} from './tensor.js';

const TYPES = {
  F64: FLOAT_TYPES.float64,
  F32: FLOAT_TYPES.float32,
  F16: FLOAT_TYPES.float16,
  BF16: FLOAT_TYPES.bfloat16,
} as const;

/** `neuron_7.layers.0.weight`; the state dict of an nn.ModuleList has no word in front: `7.layers.0.weight`. */
const NAME_WITH_NEURON = /^(?:neuron_?)?(\d{1,9})\.(.+)$/;

/** The state of one network. @throws InputError when the file is damaged */
export function readStateDict(bytes: Uint8Array): StateDict {
  return new Map(
    [...readSafetensors(bytes)].map(([name, entry]) => [name, storedTensor(entry)] as const),
  );
}

/**
 * Separates the networks of a file that holds those of several neurons.
 * @returns the state of each, by neuron; nothing when no name has a neuron in front
 * @throws InputError when some names have one, and others not
 */
export function byNeuron(state: StateDict): ReadonlyMap<number, StateDict> {
  const neurons = new Map<number, Map<string, StoredTensor>>();
  const others: string[] = [];
  for (const [name, tensor] of state) {
    const [, digits, parameter] = NAME_WITH_NEURON.exec(name) ?? [];
    if (parameter === undefined) {
      others.push(name);
      continue;
    }
    const neuron = Number(digits);
    const own = neurons.get(neuron) ?? new Map<string, StoredTensor>();
    if (own.has(parameter))
      throw new InputError(`it holds neuron ${neuron}'s '${parameter}' twice`);
    neurons.set(neuron, own.set(parameter, tensor));
  }
  if (neurons.size > 0 && others.length > 0) {
    throw new InputError(
      `it holds '${others[0]}', which belongs to no neuron, next to names such as ` +
        "'neuron_0.fcl.bias'",
    );
  }
  return neurons;
}

function storedTensor({ element, shape, bytes }: SafetensorsEntry): StoredTensor {
  const type = element in TYPES ? TYPES[element as keyof typeof TYPES] : undefined;
  return {
    shape,
    numbers() {
      if (type === undefined)
        throw new InputError(`is of ${element}, not of floating-point numbers`);
      return readTensor(bytes, type, contiguous(shape));
    },
  };
}
