import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupSize } from '../../../src/inference/onnx/cost.js';
import { createPartition } from '../../../src/inference/onnx/partition.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { SHARED_CORES } from '../../../src/network/architectures/shared-cores.js';
import { multiplications } from '../../../src/network/multiplications.js';
import { requiredParts } from '../../../src/network/required-parts.js';

const SIZE = { height: 50, width: 50 };

test('every neuron is assigned once, and the threads have equal amounts of work', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 5 }),
      (neurons, threads, size, members) => {
        const population = neurons * members;
        const { parts, places } = createPartition({ neurons, members }, threads, size);
        expect(places).toHaveLength(population);
        const columns = parts.map(({ groups }) => groups.flatMap((group) => [...group]));
        for (const [neuron, { part, group, column }] of places.entries()) {
          expect(columns[part]![column]).toBe(neuron);
          expect([...parts[part]!.groups[group]!]).toContain(neuron);
        }
        expect(columns.flat()).toHaveLength(population);
        const counts = parts.map(({ groups }) => groups.length);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        const groups = parts.flatMap((part) => part.groups);
        expect(parts.length).toBe(Math.min(threads, groups.length));
        const each = Math.min(size, Math.ceil(population / threads));
        expect(Math.max(...groups.map(({ length }) => length))).toBe(each);
      },
    ),
  );
});

test('the members of a neuron are in one group where it has room, and members of a shared core on all threads', () => {
  const apart = createPartition({ neurons: 10, members: 3 }, 2, 4);
  expect(apart.parts.flatMap(({ groups }) => groups).map((group) => [...group])).toContainEqual([
    ...[0, 10, 20, 1],
  ]);
  const { parts, places } = createPartition(
    { neurons: 3, members: 4 },
    2,
    Number.POSITIVE_INFINITY,
  );
  expect(parts.map(({ groups }) => groups.map((group) => [...group]))).toEqual([
    [
      [0, 1, 2],
      [9, 10, 11],
    ],
    [
      [3, 4, 5],
      [6, 7, 8],
    ],
  ]);
  expect(places[10]).toEqual({ part: 0, group: 1, column: 4 });
});

test('the members of a neuron are in one group, and those of a shared core on all threads', () => {
  const apart = createPartition({ neurons: 10, members: 3 }, 2, 4);
  expect(apart.parts.flatMap(({ groups }) => groups).map((group) => [...group])).toContainEqual([
    ...[0, 10, 20, 1],
  ]);
  const { parts, places } = createPartition(
    { neurons: 3, members: 4 },
    2,
    Number.POSITIVE_INFINITY,
  );
  expect(parts.map(({ groups }) => groups.map((group) => [...group]))).toEqual([
    [
      [0, 1, 2],
      [9, 10, 11],
    ],
    [
      [3, 4, 5],
      [6, 7, 8],
    ],
  ]);
  expect(places[10]).toEqual({ part: 0, group: 1, column: 4 });
});

test('neighbouring and evenly spaced neurons are distributed over both threads', () => {
  const { places } = createPartition({ neurons: 300, members: 1 }, 2, 4);
  for (const step of [1, 2, 3, 4, 5, 8, 10, 16, 20]) {
    const asked = Array.from({ length: Math.floor(300 / step) }, (_, i) => places[i * step]!);
    const first = asked.filter(({ part }) => part === 0).length;
    expect(Math.abs(first / asked.length - 0.5), `every ${step}`).toBeLessThan(0.25);
  }
});

/** A square part. */
const square = (start: number, side: number) => ({
  top: start,
  left: start,
  height: side,
  width: side,
});

test('a readout of the centre sees 16 x 16 pixels, a whole map 48 x 48 of 50 x 50', () => {
  expect(requiredParts(ARCHITECTURES.rf_cnn.network, SIZE)).toEqual([
    square(16, 16),
    square(8, 6),
    ...[1, 2, 3].map(() => square(4, 1)),
  ]);
  expect(requiredParts(ARCHITECTURES.ff_cnn.network, SIZE)).toEqual(
    [48, 22, 9, 7, 5].map((side) => square(0, side)),
  );
});

test('with attention the keys need the whole map, the query only the centre', () => {
  expect(requiredParts(ARCHITECTURES.rf_sa_cnn.network, SIZE)).toEqual([
    ...[48, 22, 9].map((side) => square(0, side)),
    ...[1, 2, 3].map(() => square(4, 1)),
  ]);
});

test('the cost of a network is that of its convolutions', () => {
  const alpha1 = 44 * 44 * 25 * 32;
  const alpha2 = 18 * 18 * 25 * 32 * 32;
  const betas = (7 * 7 + 5 * 5) * 9 * 32 * 32;
  expect(multiplications(ARCHITECTURES.ff_cnn.network, SIZE)).toEqual({
    ...{ shared: 0, each: alpha1 + alpha2 + betas + 25 * 32 },
  });
  const rf = 12 * 12 * 25 * 32 + 2 * 2 * 25 * 32 * 32 + 2 * 32 * 32 + 32;
  expect(multiplications(ARCHITECTURES.rf_cnn.network, SIZE)).toEqual({ shared: 0, each: rf });
});

test('in colour, the first layer costs three times as much', () => {
  const stimulus = { ...SIZE, channels: 3 as const };
  const alpha1 = 12 * 12 * 25 * 32;
  const { network } = ARCHITECTURES.rf_cnn;
  expect(multiplications(network, stimulus).each).toBe(
    multiplications(network, SIZE).each + 2 * alpha1,
  );
  const [gray, colour] = [SIZE, stimulus].map(
    (size) => multiplications(SHARED_CORES.shared_core.network, size).shared,
  );
  // luma of each pixel; at each place three means of three channels, filters of three channels, two maps more to mix
  const more = 8 * 9 ** 2 + 2 * 4 * 81 * 16 + 2 * 32;
  expect(colour! - gray!).toBe(3 * 50 * 50 + 13 * 13 * more);
  expect(multiplications(SHARED_CORES.linear.network, stimulus)).toEqual({ shared: 0, each: 7500 });
});

test('a core costs the same for any number of neurons, which one thread computes', () => {
  const { network } = SHARED_CORES.shared_core;
  const fixed = 9 ** 2 + 16 * (9 ** 2 + 13 ** 2 + 19 ** 2 + 29 ** 2 + 41 ** 2);
  const learnt = 4 * 81 * 16 + 9 * 16 * 16;
  const later = (1 + 40 + 16) * 32 + 9 * 32 * 32;
  expect(multiplications(network, { height: 50, width: 50 })).toEqual({
    ...{ shared: 13 * 13 * (fixed + learnt + later), each: 13 * 13 * 32 + 32 },
  });
  const recurrent = multiplications(SHARED_CORES.recurrent_core.network, SIZE);
  expect(recurrent.shared).toBe(13 * 13 * (fixed + learnt + later + 8 * 9 * 32 * 32));
  expect(multiplications(SHARED_CORES.linear.network, SIZE)).toEqual({ shared: 0, each: 2500 });
  const stimulus = { ...SIZE, channels: 1 as const, scale: 1, offset: 0 };
  const { parts } = createPartition(
    { neurons: 7, members: 1 },
    4,
    groupSize({ architecture: network, stimulus }),
  );
  expect(parts).toEqual([{ groups: [Int32Array.of(0, 1, 2, 3, 4, 5, 6)] }]);
});

test('smaller networks form larger groups', () => {
  const stimulus = { ...SIZE, channels: 1 as const, scale: 1, offset: 0 };
  const size = (id: keyof typeof ARCHITECTURES) =>
    groupSize({ architecture: ARCHITECTURES[id].network, stimulus });
  expect([size('ff_cnn'), size('rf_cnn')]).toEqual([4, 45]);
  const huge = { ...stimulus, height: 500, width: 500 };
  expect(groupSize({ architecture: ARCHITECTURES.ff_cnn.network, stimulus: huge })).toBe(1);
});
