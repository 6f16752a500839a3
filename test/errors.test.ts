import { expect, test } from 'vitest';
import * as errors from '../src/errors.js';
import { problemFrom } from '../src/server/problem.js';
import { packError, unpackError } from '../src/workers/carried-error.js';

const EACH: readonly (readonly [errors.PublicError, string, number, string | undefined])[] = [
  [new errors.InputError('x'), 'input', 400, undefined],
  [new errors.InputError('x', [{ path: 'a', message: 'b' }]), 'input', 422, undefined],
  [new errors.PayloadTooLargeError('x'), 'payload-too-large', 413, undefined],
  [new errors.UnsupportedMediaError('x'), 'unsupported-media', 415, undefined],
  [new errors.NoAttentionError('x'), 'no-attention', 422, undefined],
  [new errors.NoReadoutError('x'), 'no-readout', 422, undefined],
  [new errors.NoGradientError('x'), 'no-gradient', 409, undefined],
  [new errors.NoImageLibraryError('x'), 'no-image-library', 503, undefined],
  [new errors.QueueFullError('x'), 'queue-full', 429, '1'],
  [new errors.DeadlineError('x'), 'deadline', 503, '1'],
  [new errors.ClientDisconnectedError('x'), 'client-disconnected', 499, undefined],
  [new errors.DrainingError('x'), 'draining', 503, '1'],
  [new errors.ModelLostError('x'), 'model-lost', 503, '1'],
  [new errors.ModelUnavailableError('x'), 'model-unavailable', 503, '1'],
  [new errors.EngineLostError('x'), 'engine-lost', 503, '1'],
  [new errors.DiskError('x', 'y', false, undefined), 'disk', 503, '10'],
  [new errors.DiskError('x', 'y', true, undefined), 'disk', 507, undefined],
  [new errors.StorageError('x', { reason: 'y', isPassing: true }, undefined), 'storage', 503, '10'],
  [new errors.UploadOffsetError('x'), 'upload-offset', 409, undefined],
  [new errors.StoreFullError('x'), 'store-full', 507, undefined],
  [new errors.StoreFullError('x', { tooLarge: true }), 'store-full', 413, undefined],
  [new errors.DamagedError('x'), 'stored-data-corrupted', 503, undefined],
  [new errors.JobsFullError('x', 'waiting'), 'jobs-full', 429, '10'],
  [new errors.JobsFullError('x', 'stored'), 'jobs-full', 507, undefined],
  [new errors.JobsClosedError('x'), 'jobs-closed', 503, '1'],
  [new errors.QueueAwayError('x'), 'queue-away', 503, '10'],
  [new errors.ResultDamagedError('x'), 'result-corrupted', 410, undefined],
  [
    new errors.CarriedPublicError('x', { code: 'disk', status: 503, retryAfter: 10 }),
    'disk',
    503,
    '10',
  ],
];

test.each(EACH)('%s has the code %s and the status %d', (error, code, status, retryAfter) => {
  const problem = problemFrom(error);
  expect(error.code).toBe(code);
  expect([problem.status, problem.errors]).toEqual([status, error.problems]);
  expect(problem.cause).toBe(error);
  expect(problem.headers['Retry-After']).toBe(retryAfter);
});

test.each(EACH)('%s comes out of another process with its message, code and status', (error) => {
  const carried = unpackError(structuredClone(packError(error)));
  const { detail, code, status, retryAfter, problems } = error;
  expect(carried).toMatchObject({ message: detail, code, status, retryAfter, problems });
  expect(carried).toBeInstanceOf(errors.PublicError);
});

test('every class of public errors is in the table above', () => {
  const classes = Object.values(errors).filter(
    (each) => each.prototype instanceof errors.PublicError,
  );
  expect(classes.filter((each) => !EACH.some(([error]) => error.constructor === each))).toEqual([]);
});

test('a message for the client says what to do next', () => {
  expect(problemFrom(new errors.DamagedError('the set is damaged')).message).toBe(
    'the set is damaged and not served; upload it again',
  );
  expect(problemFrom(new errors.ResultDamagedError('the part is damaged')).message).toBe(
    'the part is damaged; delete the job and post it again',
  );
});

test('the client learns nothing about a bug', () => {
  const { status, message } = problemFrom(new TypeError('secret'));
  expect([status, message]).toEqual([500, expect.not.stringContaining('secret')]);
});
