import { expect, test } from 'vitest';
import { createMessageReader, withLength } from '../../src/formats/length-prefix.js';

const MESSAGES = [
  Uint8Array.of(1, 2, 3),
  Uint8Array.of(),
  Uint8Array.from({ length: 300 }, (_, i) => i % 256),
];
const BYTES = Uint8Array.from(MESSAGES.flatMap((message) => [...withLength(message)]));

/** Pushes the bytes in pieces, and reads whatever is there after each. */
function read(pieces: readonly Uint8Array[]): unknown[] {
  const reader = createMessageReader();
  const found: unknown[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let next = reader.next(300); next !== undefined; next = reader.next(300)) found.push(next);
  }
  expect(reader.isInside).toBe(false);
  return found;
}

test('the length is a little-endian uint32 before the message', () => {
  expect([...withLength(Uint8Array.of(7, 8))]).toEqual([2, 0, 0, 0, 7, 8]);
  expect([...withLength(new Uint8Array(0x01_02))].slice(0, 4)).toEqual([2, 1, 0, 0]);
});

test('messages come out whole, wherever the bytes are cut', () => {
  expect(read([...BYTES].map((byte) => Uint8Array.of(byte)))).toEqual(MESSAGES);
  for (let cut = 0; cut <= BYTES.length; cut++) {
    expect(read([BYTES.subarray(0, cut), BYTES.subarray(cut)])).toEqual(MESSAGES);
  }
});

test('bytes that were pushed before the last ones were read are not lost', () => {
  const reader = createMessageReader();
  for (const piece of [BYTES.subarray(0, 5), BYTES.subarray(5, 9), BYTES.subarray(9)])
    reader.push(piece);
  expect(MESSAGES.map(() => reader.next(300))).toEqual(MESSAGES);
});

test('a reader knows whether it is inside of a message', () => {
  const reader = createMessageReader();
  expect(reader.isInside).toBe(false);
  for (const byte of [1, 0]) {
    reader.push(Uint8Array.of(byte));
    expect(reader.next(300)).toBeUndefined();
    expect(reader.isInside).toBe(true);
  }
  reader.push(Uint8Array.of(0, 0, 9));
  expect(reader.next(300)).toEqual(Uint8Array.of(9));
  expect(reader.isInside).toBe(false);
});

test('of a message that is too long only its length is read', () => {
  const reader = createMessageReader();
  reader.push(Uint8Array.of(255, 255, 255, 255));
  expect(reader.next(300)).toEqual({ tooLong: 2 ** 32 - 1 });
});
