import type { ElementValues } from '../../../src/formats/npy-elements.js';
import type { Hdf5Dataset } from './nodes.js';
import type { Hdf5File } from './open-hdf5.js';

/** Elements that are kept, of 4 bytes. */
const MAX_KEPT = 2 ** 25;

/** Rows that were read together, as float32. */
interface Band {
  readonly first: number;
  readonly end: number;
  readonly values: Float32Array;
}

/**
 * Reads rows of a dataset of two dimensions, one block after the other. Many files keep all samples of a neuron in one
 * compressed part: every block would expand all of them again. There, more rows are read at a time, and kept.
 * @param convert of each stored number
 * @param maxKept elements that are kept, at most
 * @returns a function that reads rows [first, first + count), row-major
 */
export function createRowReader(
  file: Pick<Hdf5File, 'numbers'>,
  dataset: Hdf5Dataset,
  convert: (value: number) => number,
  maxKept = MAX_KEPT,
): (first: number, count: number) => Promise<Float32Array> {
  const [rows = 0, columns = 1] = dataset.shape;
  const [partRows = 1, partColumns = columns] = dataset.chunks ?? [];
  const read = async (first: number, count: number, from: number, width: number) => {
    const isVector = dataset.shape.length === 1;
    const slab = isVector
      ? { start: [first], count: [count] }
      : { start: [first, from], count: [count, width] };
    return await file.numbers(dataset, slab);
  };
  const readBand = async (first: number, count: number): Promise<Band> => {
    const values = new Float32Array(count * columns);
    for (let from = 0; from < columns; from += partColumns) {
      const width = Math.min(partColumns, columns - from);
      place(values, columns, from, width, await read(first, count, from, width), convert);
    }
    return { first, end: first + count, values };
  };
  let band: Band | undefined;
  return async (first, count) => {
    if (partRows <= count) {
      return Float32Array.from(await read(first, count, 0, columns), convert);
    }
    const wanted = new Float32Array(count * columns);
    for (let row = first; row < first + count; ) {
      if (!band || row < band.first || row >= band.end) {
        const length = Math.max(count, Math.min(partRows, Math.floor(maxKept / columns)));
        band = undefined; // makes room
        band = await readBand(row, Math.min(length, rows - row));
      }
      const end = Math.min(first + count, band.end);
      const own = band.values.subarray((row - band.first) * columns, (end - band.first) * columns);
      wanted.set(own, (row - first) * columns);
      row = end;
    }
    return wanted;
  };
}

/** Puts columns [from, from + width) where they belong. */
function place(
  all: Float32Array,
  columns: number,
  from: number,
  width: number,
  part: ElementValues,
  convert: (value: number) => number,
): void {
  for (let i = 0; i < part.length; i++) {
    all[Math.floor(i / width) * columns + from + (i % width)] = convert(part[i]!);
  }
}
