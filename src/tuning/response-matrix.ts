import { InputError } from '../errors.js';

/** Responses of several neurons to several stimuli: row = stimulus, column = neuron, row-major. */
export interface ResponseMatrix {
  readonly stimuli: number;
  readonly neurons: number;
  /** `values[stimulus * neurons + neuron]`, in the unit of the recording, such as dF/F. */
  readonly values: Float32Array | Float64Array;
}

/** Copies one neuron's responses to all stimuli, `[stimuli]`, in float64. */
export function column(matrix: ResponseMatrix, neuron: number): Float64Array {
  const { stimuli, neurons, values } = matrix;
  const responses = new Float64Array(stimuli);
  for (let i = 0; i < stimuli; i += 1) responses[i] = values[i * neurons + neuron]!;
  return responses;
}

/** Copies some neurons of a matrix, in the order given. */
export function selectColumns(matrix: ResponseMatrix, columns: ArrayLike<number>): ResponseMatrix {
  const { stimuli, neurons, values } = matrix;
  const selected = new Float64Array(stimuli * columns.length);
  for (let i = 0; i < selected.length; i += 1) {
    const row = Math.floor(i / columns.length);
    selected[i] = values[row * neurons + columns[i % columns.length]!]!;
  }
  return { stimuli, neurons: columns.length, values: selected };
}

/**
 * Checks that a matrix is not empty and that its numbers are finite.
 * @param name the name of the matrix in the error's path
 * @throws InputError naming the first stimulus and neuron that are wrong
 */
export function checkResponses(matrix: ResponseMatrix, name: string): void {
  const { stimuli, neurons, values } = matrix;
  if (values.length !== stimuli * neurons) {
    throw new Error(`${name}: ${values.length} values are not [${stimuli}, ${neurons}]`);
  }
  if (values.length === 0) {
    reject(name, name, `needs at least one stimulus and one neuron, has [${stimuli}, ${neurons}]`);
  }
  const bad = firstNotFinite(values);
  if (bad >= 0) {
    const path = `${name}[${Math.floor(bad / neurons)}][${bad % neurons}]`;
    reject(name, path, `is ${values[bad]}, must be a finite number`);
  }
}

/**
 * Checks that predicted responses, and real ones to the same stimuli if there are any, are not empty,
 * are finite and have the same shape.
 * @throws InputError naming what is wrong; the real responses' path is `responses`
 */
export function checkPair(predicted: ResponseMatrix, real: ResponseMatrix | undefined): void {
  checkResponses(predicted, 'predicted');
  if (!real) return;
  checkResponses(real, 'responses');
  if (real.stimuli !== predicted.stimuli || real.neurons !== predicted.neurons) {
    const expected = `[${predicted.stimuli}, ${predicted.neurons}]`;
    const message = `must be [stimuli, neurons] = ${expected}, is [${real.stimuli}, ${real.neurons}]`;
    reject('responses', 'responses', message);
  }
}

/**
 * Checks that a list of numbers is not empty and that its numbers are finite.
 * @throws InputError naming the first element that is wrong
 */
export function checkNumbers(values: ArrayLike<number>, name: string): void {
  if (values.length === 0) reject(name, name, 'is empty');
  const bad = firstNotFinite(values);
  if (bad >= 0) reject(name, `${name}[${bad}]`, `is ${values[bad]}, must be a finite number`);
}

function firstNotFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i += 1) if (!Number.isFinite(values[i])) return i;
  return -1;
}

function reject(name: string, path: string, message: string): never {
  throw new InputError(`'${name}' cannot be analysed: ${path} ${message}`, [{ path, message }]);
}
