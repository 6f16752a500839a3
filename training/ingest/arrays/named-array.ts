import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues, StoredElement } from '../../../src/formats/npy-elements.js';

/** An array in a file of several. */
export interface NamedArray {
  /** Its path in the file. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly element: StoredElement;
  /** Which index changes from one element in the file to the next: the last one as in C, or the first one as in MATLAB. */
  readonly fastest: 'first' | 'last';
  /** Rows of the first axis that are compressed together; without it 1. */
  readonly together?: number | undefined;
  /** @returns elements, in the order of the file */
  read(first: number, count: number): Promise<ElementValues>;
}

/** A list of texts in a file, such as the names of areas. */
export interface NamedTexts {
  readonly name: string;
  readonly values: readonly string[];
}

/**
 * Reads rows of an array along other axes.
 * @param axes which axis of the array each axis of a row is, that of the rows first; null for one of length 1
 * @returns a function that reads rows [first, first + count), row-major. Where the rows are not one after the other in
 *   the file, it reads the whole array once.
 */
export function createRowReader(
  array: NamedArray,
  axes: readonly (number | null)[],
): (first: number, count: number) => Promise<ElementValues> {
  const total = elementCount(array.shape);
  const strides = stridesOf(array);
  const [rowAxis, ...inner] = axes;
  const rowStride = strides[rowAxis!]!;
  const offsets = offsetsOf(
    inner.filter((axis) => axis !== null).map((axis) => [array.shape[axis]!, strides[axis]!]),
  );
  const size = offsets.length;
  const isWhole = rowStride !== size;
  const isInOrder = !isWhole && offsets.every((offset, i) => offset === i);
  let whole: Promise<ElementValues> | undefined;
  return async (first, count) => {
    if (isWhole) whole ??= array.read(0, total);
    const values = await (whole ?? array.read(first * size, count * size));
    if (isInOrder) return values;
    const start = isWhole ? first : 0;
    const rows = new (values.constructor as new (length: number) => ElementValues)(count * size);
    for (let row = 0; row < count; row++) {
      const from = (start + row) * rowStride;
      for (let i = 0; i < size; i++) rows[row * size + i] = values[from + offsets[i]!]!;
    }
    return rows;
  };
}

/** How far apart in the file two elements are whose index differs by one, of each axis. */
function stridesOf({ shape, fastest }: NamedArray): number[] {
  return shape.map((_, axis) =>
    elementCount(fastest === 'first' ? shape.slice(0, axis) : shape.slice(axis + 1)),
  );
}

/** Where the elements of a row are, from its first one, row-major. */
function offsetsOf(axes: readonly (readonly [size: number, stride: number])[]): Float64Array {
  let offsets: Float64Array = new Float64Array(1);
  for (const [size, stride] of axes) {
    const outer = offsets;
    offsets = Float64Array.from(
      { length: outer.length * size },
      (_, i) => outer[Math.floor(i / size)]! + (i % size) * stride,
    );
  }
  return offsets;
}
