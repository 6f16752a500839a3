import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import type { Hdf5Dataset } from './nodes.js';
import type { Hdf5File } from './open-hdf5.js';

/** Elements that are read at a time. */
const MAX_ELEMENTS = 2 ** 27;

/**
 * Reads elements by their place in the file, where the last index changes from one to the next.
 * @throws InputError for more than can be held in memory
 */
export async function readFlat(
  file: Hdf5File,
  dataset: Hdf5Dataset,
  first: number,
  count: number,
): Promise<ElementValues> {
  if (dataset.shape.length === 0 || count === 0)
    return (await file.numbers(dataset)).slice(0, count);
  const [, ...inner] = dataset.shape;
  const size = elementCount(inner);
  const row = Math.floor(first / size);
  const rows = Math.ceil((first + count) / size) - row;
  if (rows * size > MAX_ELEMENTS) {
    throw new InputError(
      `${dataset.path} of the shape (${dataset.shape.join(', ')}) is too large to be read along another axis than its ` +
        'first; expected images, or trials, on the axis that the file has first',
    );
  }
  const slab = { start: [row, ...inner.map(() => 0)], count: [rows, ...inner] };
  const values = await file.numbers(dataset, slab);
  return values.subarray(first - row * size, first - row * size + count);
}
