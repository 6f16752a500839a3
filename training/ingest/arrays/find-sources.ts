import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import type { ImageSource, LabFile, SplitSource } from '../lab-file.js';
import { isSplitName, splitSource } from '../split-source.js';
import { chooseLayout, type ImageLayout } from './image-layout.js';
import { type IndexVector, presentationSource, readIndexVector } from './index-vectors.js';
import { createRowReader, type NamedArray, type NamedTexts } from './named-array.js';
import {
  type Column,
  type Readings,
  repeatReadings,
  type Surroundings,
  tableReadings,
} from './response-arrays.js';

/** A file of arrays with names, which says of none what it is. */
export interface ArrayFile {
  readonly format: string;
  readonly arrays: readonly NamedArray[];
  readonly texts: readonly NamedTexts[];
  /** The axis of the images and the number of the first image, where the arrays do not say it. */
  readonly usual: { readonly imageAxis: 'first' | 'last'; readonly firstIndex: 0 | 1 };
  readonly notes: readonly string[];
  close(): Promise<void>;
}

/**
 * Finds by their shapes what the arrays of a file may be. Images have three or four axes. Responses have two, and the
 * length of one is the number of images or of trials; or three, of images, repeats and neurons. A vector of whole
 * numbers says which image a trial presented.
 * @throws InputError with the shapes of all arrays, where there are no images, or no responses to them
 */
export async function findSources(file: ArrayFile): Promise<LabFile> {
  const vectors = file.arrays.filter((array) => isVector(array) && !isSplitName(array.name));
  const tables = file.arrays.filter(({ shape }) => shape.length === 2 && Math.min(...shape) > 1);
  // Where no table is there, a vector has the responses of one neuron.
  const lengths = new Set([...tables, ...(tables.length === 0 ? vectors : [])].flatMap(lengthsOf));
  const indices: IndexVector[] = [];
  for (const array of vectors) {
    if (!lengths.has(elementCount(array.shape))) continue;
    const found = await readIndexVector(array);
    if (found) indices.push(found);
  }
  const notes = [...file.notes];
  const all: ImageSource[] = [];
  for (const array of file.arrays) {
    const layout = chooseLayout(array, file.usual.imageAxis, (count) =>
      isUsable(count, lengths, indices),
    );
    if (!layout) continue;
    all.push(imageSource(array, layout));
    if (layout.note !== undefined) notes.push(layout.note);
  }
  const named = indices.filter(({ isNamed }) => isNamed);
  const presentations = (named.length > 0 ? named : indices).flatMap((own) => {
    const found = presentationSource(own, all, file.usual.firstIndex);
    if (found?.note !== undefined) notes.push(found.note);
    return found ? [found.source] : [];
  });
  const used = new Set(presentations.map(({ name }) => name));
  const counts = new Set([...all, ...presentations].map(({ count }) => count));
  const columns: Column[] = [...file.texts];
  for (const { name, shape, read } of vectors) {
    const length = elementCount(shape);
    if (counts.has(length) || used.has(name)) continue;
    if (lengths.has(length)) columns.push({ name, values: [...(await read(0, length))] });
  }
  const around = { images: all, presentations, columns };
  const read = (arrays: readonly NamedArray[]) => ({
    readings: arrays.map((array) => tableReadings(array, around)),
    images: all,
  });
  const unused = vectors.filter(({ name }) => !used.has(name));
  const found = [
    () => read(tables),
    () => findRepeats(file.arrays, around),
    () => read(tables.length === 0 ? unused : []),
  ]
    .map((find) => find())
    .find(({ readings }) => readings.some(({ sources }) => sources.length > 0));
  if (found === undefined) throw nothingFound(file, all, named);
  const responses = found.readings.flatMap(({ sources }) => sources);
  notes.push(...found.readings.flatMap(({ note }) => note ?? []));
  const { format, close } = file;
  const splits = findSplits(file, new Set([...counts, ...responses.map(({ rows }) => rows)]));
  return { format, images: found.images, presentations, responses, splits, notes, close };
}

function isVector({ shape }: NamedArray): boolean {
  const length = elementCount(shape);
  return length > 1 && length === Math.max(...shape);
}

function lengthsOf({ shape }: NamedArray): number[] {
  return shape.filter((length) => length > 1);
}

/** Whether responses have so many rows, or trials of so many images. */
function isUsable(count: number, lengths: Set<number>, indices: readonly IndexVector[]): boolean {
  return lengths.has(count) || indices.some(({ max }) => max <= count);
}

function imageSource(array: NamedArray, { axes, form }: ImageLayout): ImageSource {
  const read = createRowReader(array, axes);
  const { name, element } = array;
  const together = axes[0] === 0 && array.fastest === 'last' ? array.together : undefined;
  return { name, ...form, element, degreesPerPixel: null, together, read };
}

/** Arrays of three axes that are no pictures, as responses to the repeats of the images. */
function findRepeats(
  arrays: readonly NamedArray[],
  around: Surroundings,
): { readonly readings: readonly Readings[]; readonly images: readonly ImageSource[] } {
  const possible = new Set(around.images.map(({ name }) => name));
  const bySize = arrays
    .filter(({ name }) => possible.has(name))
    .toSorted((a, b) => elementCount(b.shape) - elementCount(a.shape));
  const sure = bySize.filter(isPicture);
  const pictures = new Set((sure.length > 0 ? sure : bySize.slice(0, 1)).map(({ name }) => name));
  const images = around.images.filter(({ name }) => pictures.has(name));
  const others = arrays.filter(({ name, shape }) => shape.length === 3 && !pictures.has(name));
  return { readings: others.map((array) => repeatReadings(array, { ...around, images })), images };
}

/** Pixels are mostly bytes, in colour, or square. */
function isPicture({ element, shape }: NamedArray): boolean {
  const [a, b, c] = shape;
  return element === 'u1' || element === 'b1' || shape.length === 4 || a === b || b === c;
}

/** Vectors with a value for each trial or image that may say how to divide them. */
function findSplits({ arrays, texts }: ArrayFile, counts: ReadonlySet<number>): SplitSource[] {
  return [
    ...arrays
      .filter(isVector)
      .map(({ name, shape, read }) =>
        splitSource(name, elementCount(shape), () => read(0, elementCount(shape))),
      ),
    ...texts.map(({ name, values }) => splitSource(name, values.length, async () => values)),
  ].filter(({ count }) => counts.has(count));
}

function nothingFound(
  { format, arrays, notes }: ArrayFile,
  images: readonly ImageSource[],
  indices: readonly IndexVector[],
): InputError {
  const what = images.length === 0 ? 'no images' : 'no responses';
  const most = images.reduce((a, { count }) => Math.max(a, count), 0);
  const beyond = images.length === 0 ? undefined : indices.find(({ max }) => max > most);
  const hint = beyond
    ? `: ${beyond.array.name} names image ${beyond.max}, and there are ${most} images`
    : '';
  const list = arrays.map(({ name, shape }) => `\n  ${name} (${shape.join(', ')})`).join('');
  const unread = notes.map((note) => `\n  ${note}`).join('');
  return new InputError(
    `${what} were found in the ${format}${hint}; expected images (images, height, width), and responses ` +
      `(images or trials, neurons), among its arrays${list === '' ? ': it has none' : list}${unread}`,
  );
}
