import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNpy, decodeNpyHeader, encodeNpy } from '../../src/formats/npy.js';

/** Written by hand as numpy writes it: version 1.0, a header that ends on a multiple of 64. */
function numpyFile(header: string, data: Uint8Array, version = 1): Uint8Array {
  const start = version === 1 ? 10 : 12;
  const length = Math.ceil((start + header.length + 1) / 64) * 64 - start;
  const lead = Buffer.alloc(start);
  lead.write('\x93NUMPY', 'latin1');
  lead[6] = version;
  if (version === 1) lead.writeUInt16LE(length, 8);
  else lead.writeUInt32LE(length, 8);
  return Buffer.concat([lead, Buffer.from(`${header.padEnd(length - 1)}\n`, 'latin1'), data]);
}

test('an array is the same after writing and reading', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 4 }), fc.nat(3), (shape, kind) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const Kind = [Uint8Array, Float32Array, Float64Array, Int32Array][kind]!;
      const data = new Kind(length).map((_: number, i: number) => i * 3);
      expect(decodeNpy(encodeNpy(data, shape))).toMatchObject({ shape, data });
    }),
  );
});

test('Fortran order becomes C order', () => {
  const header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }";
  const columns = Float64Array.from([1, 4, 2, 5, 3, 6]);
  for (const version of [1, 2]) {
    const { shape, data } = decodeNpy(numpyFile(header, new Uint8Array(columns.buffer), version));
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  }
});

function oneRow(descriptor: string, data: ArrayBuffer | Buffer): Uint8Array {
  const bytes = new Uint8Array(data);
  const count = bytes.length / Number(descriptor.slice(2));
  const header = `{'descr': '${descriptor}', 'fortran_order': False, 'shape': (${count},), }`;
  return numpyFile(header, bytes);
}

test('64-bit integers are read exactly up to the largest that float64 can hold', () => {
  const values = [0n, 1n, -1n, 255n, 2n ** 32n, -(2n ** 32n) - 7n, 2n ** 53n - 1n, 1n - 2n ** 53n];
  const signed = decodeNpy(oneRow('<i8', BigInt64Array.from(values).buffer));
  expect([signed.stored, ...signed.data]).toEqual(['i8', ...values.map(Number)]);
  const positive = values.filter((value) => value >= 0n);
  const unsigned = decodeNpy(oneRow('<u8', BigUint64Array.from(positive).buffer));
  expect([...unsigned.data]).toEqual(positive.map(Number));
  const large = BigUint64Array.of(2n ** 64n - 1n).buffer;
  expect(() => decodeNpy(oneRow('<u8', large))).toThrow(/element 0 .* is 18446744073709551615/);
});

test('booleans are read as 0 and 1', () => {
  const { stored, data } = decodeNpy(oneRow('|b1', Buffer.of(0, 1, 1, 0)));
  expect([stored, ...data]).toEqual(['b1', 0, 1, 1, 0]);
});

test('every float16 is read as the number that it encodes', () => {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const { data } = decodeNpy(oneRow('<f2', bits.buffer));
  const worked: [number, number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0xfc00, Number.NEGATIVE_INFINITY],
    [0x7e00, Number.NaN],
  ];
  for (const [pattern, value] of worked) expect(data[pattern]).toBe(value);
  // The step between neighbours of one sign and exponent is constant.
  for (let i = 1; i < 0x7bff; i++) {
    const step = 2 ** (Math.max(1, i >> 10) - 25);
    expect(data[i + 1]! - data[i]!).toBe(step);
  }
});

test('big-endian elements are read as the same numbers', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 9 }), (values) => {
      const doubles = Float64Array.from(values);
      expect([
        ...decodeNpy(oneRow('>f8', Buffer.from(doubles.slice().buffer).swap64())).data,
      ]).toEqual([...doubles]);
      const floats = Float32Array.from(values);
      expect([
        ...decodeNpy(oneRow('>f4', Buffer.from(floats.slice().buffer).swap32())).data,
      ]).toEqual([...floats]);
    }),
  );
  expect([...decodeNpy(oneRow('>u2', Buffer.of(1, 2, 255, 0))).data]).toEqual([258, 65280]);
  expect([...decodeNpy(oneRow('>i8', Buffer.of(...new Uint8Array(7), 9))).data]).toEqual([9]);
  expect([...decodeNpy(oneRow('>f2', Buffer.of(0x3c, 0))).data]).toEqual([1]);
});

test('the header can be read from the first bytes of a file alone', () => {
  const file = encodeNpy(new Float32Array(10_000), [100, 100]);
  expect(decodeNpyHeader(file.subarray(0, 4096))).toEqual({
    stored: 'f4',
    bigEndian: false,
    shape: [100, 100],
    fortranOrder: false,
    dataOffset: 128,
  });
});

test.each([
  ['nothing', new Uint8Array()],
  ['another file', readFileSync(new URL(import.meta.url))],
  ['a file that is cut off', encodeNpy(new Float32Array(6), [2, 3]).subarray(0, -1)],
  ['a header that is cut off', encodeNpy(new Float32Array(6), [2, 3]).subarray(0, 60)],
  ['a file that is too long', Buffer.concat([encodeNpy(new Uint8Array(6), [6]), Buffer.of(0)])],
  [
    'another version',
    Buffer.concat([Buffer.from('\x93NUMPY\x09\x00', 'latin1'), Buffer.alloc(99)]),
  ],
  [
    'complex numbers',
    numpyFile("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", Buffer.alloc(8)),
  ],
  [
    'objects',
    numpyFile("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", Buffer.alloc(8)),
  ],
  [
    'long doubles',
    numpyFile("{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", Buffer.alloc(16)),
  ],
  [
    'an integer that float64 cannot hold',
    numpyFile(
      "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }",
      Buffer.from(BigInt64Array.of(-5n, -(2n ** 53n) - 1n).buffer),
    ),
  ],
  [
    'an overflowing shape',
    numpyFile(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
      Buffer.alloc(4),
    ),
  ],
  [
    'records',
    numpyFile(
      "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }",
      Buffer.alloc(4),
    ),
  ],
])('%s is rejected with the reason', (_, bytes) => {
  expect(() => decodeNpy(bytes)).toThrowErrorMatchingSnapshot();
});
