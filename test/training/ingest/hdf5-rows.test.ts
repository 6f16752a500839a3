import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hdf5Dataset } from '../../../training/ingest/hdf5/nodes.js';
import { createRowReader } from '../../../training/ingest/hdf5/read-rows.js';
import type { Slab } from '../../../training/ingest/hdf5/read-values.js';

/** A dataset whose number at (row, column) is 100 row + column, and how often each of its parts was expanded. */
function datasetOf(rows: number, columns: number, chunks: readonly number[] | null) {
  const dataset: Hdf5Dataset = {
    ...{ kind: 'dataset', path: '/x', attributes: {}, shape: [rows, columns], element: 'f8' },
    ...{ chunks, problem: undefined },
  };
  const expanded = new Map<string, number>();
  const numbers = async (_: Hdf5Dataset, slab?: Slab) => {
    const [row = 0, column = 0] = slab!.start;
    const [height = 0, width = 0] = slab!.count;
    const touched = new Set<string>();
    const values = Float64Array.from({ length: height * width }, (_, i) => {
      const [r, c] = [row + Math.floor(i / width), column + (i % width)];
      if (r >= rows || c >= columns) throw new Error('beyond the dataset');
      if (chunks) touched.add(`${Math.floor(r / chunks[0]!)} ${Math.floor(c / chunks[1]!)}`);
      return 100 * r + c;
    });
    for (const part of touched) expanded.set(part, (expanded.get(part) ?? 0) + 1);
    return values;
  };
  return { dataset, file: { numbers }, expanded };
}

test('rows have their numbers, however the dataset is divided and read', async () => {
  const size = fc.integer({ min: 1, max: 12 });
  const inputs = fc.record({
    rows: fc.integer({ min: 1, max: 40 }),
    columns: size,
    chunks: fc.option(fc.tuple(fc.integer({ min: 1, max: 40 }), size), { nil: null }),
    block: size,
    kept: fc.integer({ min: 1, max: 200 }),
  });
  await fc.assert(
    fc.asyncProperty(inputs, async ({ rows, columns, chunks, block, kept }) => {
      const { dataset, file } = datasetOf(rows, columns, chunks);
      const read = createRowReader(file, dataset, (value) => value / 2 + 1, kept);
      for (let first = 0; first < rows; first += block) {
        const count = Math.min(block, rows - first);
        const expected = Float32Array.from({ length: count * columns }, (_, i) => {
          return (100 * (first + Math.floor(i / columns)) + (i % columns)) / 2 + 1;
        });
        expect(await read(first, count)).toEqual(expected);
      }
    }),
  );
});

test('a part with all rows of a column is expanded once, not for every block', async () => {
  const { dataset, file, expanded } = datasetOf(1000, 6, [1000, 1]);
  const read = createRowReader(file, dataset, (value) => value);
  for (let first = 0; first < 1000; first += 10) await read(first, 10);
  expect([...expanded.values()]).toEqual([1, 1, 1, 1, 1, 1]);
});
