import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { contiguous, FLOAT_TYPES, readTensor } from '../../../training/import/tensor.js';

const NUMBERS = Float32Array.from({ length: 24 }, (_, i) => i);
const BYTES = new Uint8Array(NUMBERS.buffer);

test('a tensor is found in its storage by its offset and strides', () => {
  const read = (offset: number, shape: number[], strides: number[]) => [
    ...readTensor(BYTES, FLOAT_TYPES.float32, { offset, shape, strides }),
  ];
  expect(read(0, [2, 3], [3, 1])).toEqual([0, 1, 2, 3, 4, 5]);
  expect(read(4, [2, 3], [1, 2])).toEqual([4, 6, 8, 5, 7, 9]); // transposed
  expect(read(1, [3], [8])).toEqual([1, 9, 17]);
  expect(read(5, [2, 2], [0, 0])).toEqual([5, 5, 5, 5]); // expanded
  expect(read(23, [], [])).toEqual([23]);
  expect(read(99, [2, 0], [1, 1])).toEqual([]);
});

test('every element is at the sum of index times stride', () => {
  const axes = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(5)), { maxLength: 4 });
  fc.assert(
    fc.property(axes, fc.nat(10), (sizes, offset) => {
      const shape = sizes.map(([size]) => size);
      const strides = sizes.map(([, stride]) => stride);
      const numbers = Float32Array.from({ length: 100 }, (_, i) => i);
      const bytes = new Uint8Array(numbers.buffer);
      const read = readTensor(bytes, FLOAT_TYPES.float32, { offset, shape, strides });
      let expected = [offset];
      for (const [size, stride] of sizes) {
        const steps = Array.from({ length: size }, (_, i) => i * stride);
        expected = expected.flatMap((start) => steps.map((step) => start + step));
      }
      expect([...read]).toEqual(expected);
    }),
  );
});

test('a contiguous layout is row-major', () => {
  expect(contiguous([2, 3, 4])).toEqual({ offset: 0, shape: [2, 3, 4], strides: [12, 4, 1] });
  expect(contiguous([])).toEqual({ offset: 0, shape: [], strides: [] });
});

test.each([
  { offset: 24, shape: [1], strides: [1] },
  { offset: 0, shape: [2], strides: [24] },
  { offset: 20, shape: [5], strides: [1] },
  { offset: 0, shape: [2 ** 20, 2], strides: [2 ** 40, 1] },
  { offset: Number.MAX_SAFE_INTEGER, shape: [2, 2], strides: [2 ** 52, 2 ** 52] },
])('a tensor that reaches past the end is rejected: %o', (layout) => {
  expect(() => readTensor(BYTES, FLOAT_TYPES.float32, layout)).toThrow(InputError);
  expect(() => readTensor(BYTES, FLOAT_TYPES.float32, layout)).toThrow(
    /^reaches to element [\d.e+]+ of a storage that has 24$/,
  );
});

test('a tensor of too many numbers is rejected', () => {
  const layout = { offset: 0, shape: [2 ** 30, 2 ** 30], strides: [0, 0] };
  expect(() => readTensor(BYTES, FLOAT_TYPES.float32, layout)).toThrow(InputError);
});

test('numbers that are not finite are rejected, also those that only float64 can hold', () => {
  const rejected = (type: keyof typeof FLOAT_TYPES, data: Float32Array | Float64Array) =>
    expect(() =>
      readTensor(new Uint8Array(data.buffer), FLOAT_TYPES[type], contiguous([data.length])),
    );
  rejected('float32', Float32Array.of(1, Number.NaN)).toThrow('holds NaN among its numbers');
  rejected('float32', Float32Array.of(Number.NEGATIVE_INFINITY)).toThrow('holds -Infinity');
  rejected('float64', Float64Array.of(1e300)).toThrow('holds Infinity');
});

test('half and brain floats are read', () => {
  const read = (type: keyof typeof FLOAT_TYPES, ...bits: number[]) => [
    ...readTensor(
      new Uint8Array(Uint16Array.from(bits).buffer),
      FLOAT_TYPES[type],
      contiguous([bits.length]),
    ),
  ];
  // Examples of IEEE 754-2019 binary16: 1, -2, largest, smallest normal, smallest, 1/3, -0.
  expect(read('float16', 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x3555, 0x8000)).toEqual([
    ...[1, -2, 65504, 2 ** -14, 2 ** -24, 0.333251953125, -0],
  ]);
  expect(() => read('float16', 0x7c00)).toThrow('holds Infinity');
  expect(() => read('float16', 0x7e00)).toThrow('holds NaN');
  expect(read('bfloat16', 0x3f80, 0xc000, 0x4049, 0x8000)).toEqual([1, -2, 3.140625, -0]);
});
