import { InputError } from '../../errors.js';
import { errorAt } from '../../stimulus/errors.js';
import type { InputTensor } from './infer-body.js';

/** The datatypes that inputs have here. */
const ELEMENTS = {
  FP32: { array: Float32Array, accepts: () => true, accepted: 'a number' },
  UINT8: { array: Uint8Array, accepts: integerIn(0, 255), accepted: 'a whole number, 0 to 255' },
  INT32: {
    array: Int32Array,
    accepts: integerIn(-(2 ** 31), 2 ** 31 - 1),
    accepted: 'a whole number of 32 bits',
  },
} as const;
export type Datatype = keyof typeof ELEMENTS;

/** Reads tensors in the order of the JSON that describes them. */
export interface TensorReader {
  /**
   * The elements of an input as bytes, little-endian, row-major; its datatype and shape have been
   * checked.
   * @param path of the input in the request
   * @throws InputError when its data is not of that datatype and shape
   */
  read(input: InputTensor, datatype: Datatype, path: string): Uint8Array;
  /** @throws InputError when there are bytes that belong to no tensor */
  end(): void;
}

/** @param binary what follows the JSON */
export function createTensorReader(binary: Uint8Array): TensorReader {
  let offset = 0;
  return {
    read(input, datatype, path) {
      const { data, parameters, shape } = input;
      const size = parameters?.binary_data_size;
      if ((data === undefined) === (size === undefined)) {
        throw errorAt(path, 'needs either data or parameters.binary_data_size');
      }
      return size === undefined
        ? readElements(data, datatype, shape, `${path}.data`)
        : take(size, datatype, shape, `${path}.parameters.binary_data_size`);
    },
    end() {
      if (offset < binary.length) {
        throw new InputError(
          `the body holds ${binary.length - offset} bytes more than its tensors`,
        );
      }
    },
  };

  function take(size: number, datatype: Datatype, shape: readonly number[], path: string) {
    const expected = count(shape) * ELEMENTS[datatype].array.BYTES_PER_ELEMENT;
    if (size !== expected) {
      throw errorAt(path, `is ${size}; shape [${shape}] of ${datatype} takes ${expected} bytes`);
    }
    const left = binary.length - offset;
    if (size > left) {
      throw errorAt(
        path,
        `is ${size}; behind the JSON, whose length Inference-Header-Content-Length gives, the body ` +
          `has ${left} bytes left`,
      );
    }
    offset += size;
    return binary.subarray(offset - size, offset);
  }
}

/** `data` is flat, or nested just as the shape says. */
function readElements(
  data: unknown,
  datatype: Datatype,
  shape: readonly number[],
  path: string,
): Uint8Array {
  const { array, accepts, accepted } = ELEMENTS[datatype];
  const elements = new array(count(shape));
  const nested = Array.isArray(data) && Array.isArray(data[0]);
  let index = 0;
  copy(data, nested ? shape : [elements.length], path);
  return new Uint8Array(elements.buffer);

  function copy(values: unknown, [length = 0, ...inner]: readonly number[], at: string): void {
    if (!Array.isArray(values)) throw errorAt(at, 'a list is expected');
    if (values.length !== length) {
      throw errorAt(at, `has ${values.length} entries; shape [${shape}] makes it ${length}`);
    }
    for (let i = 0; i < length; i++) {
      const value: unknown = values[i];
      if (inner.length > 0) copy(value, inner, `${at}[${i}]`);
      else if (typeof value === 'number' && accepts(value)) elements[index++] = value;
      else throw errorAt(`${at}[${i}]`, `${accepted} is expected`);
    }
  }
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

function integerIn(least: number, most: number) {
  return (value: number) => Number.isInteger(value) && value >= least && value <= most;
}
