import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import type { ImageSource, PresentationSource } from '../lab-file.js';
import type { NamedArray } from './named-array.js';

/** A vector of whole numbers, which may say which image was presented. */
export interface IndexVector {
  readonly array: NamedArray;
  readonly values: ElementValues;
  readonly min: number;
  readonly max: number;
  /** Whether its name says so, rather than that it is about the neurons or the images. */
  readonly isNamed: boolean;
}

const INDEX_NAME = /image|img|stim|frame|ind|idx|order|present|trial/i;

/** @returns undefined where a vector has other numbers than -1, 0, 1, 2, ... */
export async function readIndexVector(array: NamedArray): Promise<IndexVector | undefined> {
  const values = await array.read(0, elementCount(array.shape));
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isInteger(value) || value < -1) return undefined;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { array, values, min, max, isNamed: INDEX_NAME.test(array.name) };
}

/**
 * Images are counted from 1 where the last one is reached, and where the file usually does; then 0 is a blank screen.
 * @returns undefined where the vector fits no images
 */
export function presentationSource(
  { array, values, min, max, isNamed }: IndexVector,
  images: readonly ImageSource[],
  usual: 0 | 1,
): { readonly source: PresentationSource; readonly note: string | undefined } | undefined {
  const fitting = images.filter(
    ({ count }) => max <= count && (isNamed || values.length !== count),
  );
  if (fitting.length === 0) return undefined;
  const isReached = fitting.every(({ count }) => max === count);
  const first = isReached || (min > 0 && usual === 1) ? 1 : 0;
  const { name } = array;
  const note = first === 1 ? `${name} counts images from 1.` : undefined;
  const source: PresentationSource = {
    name,
    count: values.length,
    images: fitting.length === 1 ? fitting[0]!.name : undefined,
    read: async () => ({
      image: Int32Array.from(values, (value) => Math.max(-1, value - first)),
      guessedFirst: first,
      onset: undefined,
      tier: undefined,
    }),
  };
  return { source, note };
}
