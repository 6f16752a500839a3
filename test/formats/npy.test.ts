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

test('an array comes back as it was written', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 4 }), fc.nat(3), (shape, kind) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const Kind = [Uint8Array, Float32Array, Float64Array, Int32Array][kind]!;
      const data = new Kind(length).map((_: number, i: number) => i * 3);
      expect(decodeNpy(encodeNpy(data, shape))).toMatchObject({ shape, data });
    }),
  );
});

test('Fortran order is turned into C order', () => {
  const header = "{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }";
  const columns = Float64Array.from([1, 4, 2, 5, 3, 6]);
  for (const version of [1, 2]) {
    const { shape, data } = decodeNpy(numpyFile(header, new Uint8Array(columns.buffer), version));
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  }
});

test('the header is read from the beginning of a file alone', () => {
  const file = encodeNpy(new Float32Array(10_000), [100, 100]);
  expect(decodeNpyHeader(file.subarray(0, 4096))).toEqual({
    element: 'f4',
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
    'big-endian numbers',
    numpyFile("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", Buffer.alloc(4)),
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
])('%s is refused with the reason', (_, bytes) => {
  expect(() => decodeNpy(bytes)).toThrowErrorMatchingSnapshot();
});
