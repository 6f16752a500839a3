import { constants, inflate } from 'node:zlib';
import { InputError, messageOf } from '../../../src/errors.js';

/** Of a variable. */
const MAX_INFLATED = 2 ** 32;

/** Inflates all of zlib data. @throws InputError where they are damaged */
export async function inflateAll(deflated: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    inflate(deflated, { maxOutputLength: MAX_INFLATED }, (error, result) => {
      if (error) reject(damaged(error));
      else resolve(result);
    });
  });
}

/** Inflates zlib data that may be cut off, as far as they go. @throws InputError where they are damaged */
export async function inflateHead(deflated: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    inflate(deflated, { finishFlush: constants.Z_SYNC_FLUSH }, (error, result) => {
      if (error) reject(damaged(error));
      else resolve(result);
    });
  });
}

function damaged(cause: unknown): InputError {
  const message = `it is cut off or damaged: ${messageOf(cause)}; expected a whole file`;
  return new InputError(message, [], { cause });
}
