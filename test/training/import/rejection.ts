import fc from 'fast-check';
import { expect } from 'vitest';
import { InputError } from '../../../src/errors.js';

/** Runs a reader that may reject its input, but must not fail otherwise. @returns the message */
export async function rejection(read: () => unknown): Promise<string> {
  try {
    await read();
    return 'it was read';
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
}

/** A valid file in which some bytes are changed: the whole of it, and its beginning. */
export function changedFiles(valid: Uint8Array): fc.Arbitrary<Buffer[]> {
  const changes = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), {
    minLength: 1,
    maxLength: 8,
  });
  return fc.tuple(changes, fc.nat(valid.length)).map(([changed, length]) => {
    const bytes = Buffer.from(valid);
    for (const [place, value] of changed) bytes[place] = value;
    return [bytes, bytes.subarray(0, length)];
  });
}
