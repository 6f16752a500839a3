import { expect, test } from 'vitest';
import { InputError } from '../../src/errors.js';
import { checkPair, checkResponses, column } from '../../src/tuning/response-matrix.js';
import { matrix } from './matrices.js';

test('a column is one neuron over all stimuli', () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  expect(column({ stimuli: 3, neurons: 2, values }, 1)).toEqual(Float64Array.of(2, 4, 6));
});

test('a column is a copy', () => {
  const responses = matrix([1, 2], [3, 4]);
  column(responses, 0)[0] = 9;
  expect(responses.values[0]).toBe(1);
});

test('a number that is not finite is rejected by stimulus and neuron', () => {
  const check = () => checkResponses(matrix([1, 2], [3, 4], [5, Number.NaN]), 'responses');
  expect(check).toThrow(InputError);
  expect(check).toThrow(
    expect.objectContaining({
      problems: [{ path: 'responses[2][1]', message: 'is NaN, must be a finite number' }],
    }),
  );
});

test('a matrix without stimuli or neurons is rejected', () => {
  expect(() => checkResponses(matrix(), 'responses')).toThrow(InputError);
  expect(() => checkResponses(matrix([], []), 'responses')).toThrow(/has \[2, 0\]/);
});

test('values that do not fill the shape are a bug', () => {
  const check = () =>
    checkResponses({ stimuli: 2, neurons: 2, values: new Float32Array(3) }, 'predicted');
  expect(check).toThrow('predicted: 3 values are not [2, 2]');
  expect(check).not.toThrow(InputError);
});

test('real responses of another shape are rejected with the shape they need', () => {
  const check = () => checkPair(matrix([1, 2], [3, 4]), matrix([1], [2]));
  expect(check).toThrow(InputError);
  expect(check).toThrow(/must be \[stimuli, neurons\] = \[2, 2\], is \[2, 1\]/);
  expect(() => checkPair(matrix([1], [2]), matrix([1], [2], [3]))).toThrow(InputError);
});
