import type { ServedModel } from '../engine/catalogue.js';
import { encodeNpy } from '../formats/npy.js';
import { type AppContext, spend } from './trace.js';

/** Which model answered, in the body of an answer. */
export function modelIdentity({ name, version, digest }: ServedModel) {
  return { name, version, digest };
}

/**
 * A JSON answer; `make` runs under the clock.
 * @param clock milliseconds
 */
export function answerJson(
  c: AppContext,
  clock: () => number,
  make: () => unknown,
  status: 200 | 201 = 200,
): Response {
  return answer(c, clock, 'application/json', () => JSON.stringify(make()), status);
}

/** Numbers [rows, columns] as float32 .npy. */
export function answerNpy(
  c: AppContext,
  clock: () => number,
  values: Float32Array,
  shape: readonly number[],
): Response {
  return answer(c, clock, 'application/x-npy', () => new Uint8Array(encodeNpy(values, shape)));
}

/** Numbers as raw float32, little-endian, row-major. */
export function answerRaw(c: AppContext, clock: () => number, values: Float32Array): Response {
  const { buffer, byteOffset, byteLength } = values;
  const bytes = () => new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  return answer(c, clock, 'application/octet-stream', bytes);
}

function answer(
  c: AppContext,
  clock: () => number,
  contentType: string,
  encode: () => string | Uint8Array<ArrayBuffer>,
  status: 200 | 201 = 200,
): Response {
  const started = clock();
  const body = encode();
  spend(c.get('trace'), 'encode', (clock() - started) / 1000);
  return c.body(body, status, { 'Content-Type': contentType });
}
