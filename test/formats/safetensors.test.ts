import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
} from '../../src/formats/safetensors.js';

const FILE = encodeSafetensors(new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]]));

test('tensors are the same after writing and reading', () => {
  const tensor = fc
    .array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 9 })
    .map((values) => ({ shape: [1, values.length], data: Float32Array.from(values) }));
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 9 }), tensor), (tensors) => {
      delete tensors['__metadata__'];
      const written = new Map(Object.entries(tensors));
      expect(decodeSafetensors(encodeSafetensors(written, { by: 'test' }))).toEqual(written);
    }),
    { examples: [[{ ['__proto__']: { shape: [1, 1], data: Float32Array.of(1) } }]] },
  );
});

test.each([
  ['too few bytes', FILE.subarray(0, 4)],
  ['a header longer than the file', Buffer.concat([Buffer.alloc(8, 0xff), FILE])],
  ['a header that is not JSON', withHeader('{"a": ')],
  ['an unknown element type', withHeader('{"a":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}')],
  [
    'a shape that does not fit',
    withHeader('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}'),
  ],
  ['a tensor past the end', withHeader('{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}')],
  ['metadata of numbers', withHeader('{"__metadata__":{"a":1}}')],
  ['bytes of no tensor', Buffer.concat([FILE, Buffer.of(1)])],
])('%s is rejected with the reason', (_, bytes) => {
  expect(() => decodeSafetensors(bytes)).toThrowErrorMatchingSnapshot();
});

test('elements that are not decoded are returned as their bytes', () => {
  const file = withHeader('{"a":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}');
  expect(readSafetensors(file)).toEqual(
    new Map([['a', { element: 'I64', shape: [], bytes: Buffer.alloc(8) }]]),
  );
  expect(() => decodeSafetensors(file)).toThrow("tensor 'a' has elements of type I64");
  const halves = '{"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}';
  expect(readSafetensors(withHeader(halves)).get('a')!.bytes).toHaveLength(8);
});

test('decoded numbers do not change when the file buffer changes', () => {
  const file = Buffer.concat([FILE]);
  const decoded = decodeSafetensors(file).get('a')!;
  file.fill(0);
  expect([...decoded.data]).toEqual([1, 2]);
});

/** Eight bytes of data after a header. */
function withHeader(text: string): Uint8Array {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, Buffer.from(text), Buffer.alloc(8)]);
}
