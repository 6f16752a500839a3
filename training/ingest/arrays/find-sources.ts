import { InputError } from '../../../src/errors.js';
import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import type { ImageSource, LabFile, PresentationSource, TableSource } from '../lab-file.js';
import { chooseLayout, type ImageLayout } from './image-layout.js';
import { createRowReader, type NamedArray, type NamedTexts } from './named-array.js';

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

/** Texts or numbers, one for each neuron. */
interface Column {
  readonly name: string;
  readonly values: readonly (string | number)[];
}

/** A vector of whole numbers, which may say which image was presented. */
interface Indices {
  readonly array: NamedArray;
  readonly values: ElementValues;
  readonly min: number;
  readonly max: number;
}

/** Names of vectors that say which image was presented, rather than something about the neurons or the images. */
const INDEX_NAME = /image|img|stim|frame|ind|idx|order|present|trial/i;

/**
 * Finds by their shapes what the arrays of a file may be. Images have three or four axes. Responses have two, and the
 * length of one is the number of images or of trials. A vector of whole numbers says which image a trial presented.
 * @throws InputError with the shapes of all arrays, where there are no images, or no responses to them
 */
export async function findSources(file: ArrayFile): Promise<LabFile> {
  const vectors = file.arrays.filter(isVector);
  const tables = file.arrays.filter(({ shape }) => shape.length === 2 && Math.min(...shape) > 1);
  // Where no table is there, a vector has the responses of one neuron.
  const lengths = new Set([...tables, ...(tables.length === 0 ? vectors : [])].flatMap(lengthsOf));
  const indices: Indices[] = [];
  for (const array of vectors) {
    if (!lengths.has(elementCount(array.shape))) continue;
    const found = await readIndices(array);
    if (found) indices.push(found);
  }
  const notes = [...file.notes];
  const images: ImageSource[] = [];
  for (const array of file.arrays) {
    const layout = chooseLayout(array, file.usual.imageAxis, (count) =>
      isUsable(count, lengths, indices),
    );
    if (!layout) continue;
    images.push(imageSource(array, layout));
    if (layout.note !== undefined) notes.push(layout.note);
  }
  const named = indices.filter(({ array }) => INDEX_NAME.test(array.name));
  const presentations = (named.length > 0 ? named : indices).flatMap((own) => {
    const found = presentationSource(own, images, file.usual.firstIndex);
    if (found?.note !== undefined) notes.push(found.note);
    return found ? [found.source] : [];
  });
  const used = new Set(presentations.map(({ name }) => name));
  const counts = new Set([...images, ...presentations].map(({ count }) => count));
  const columns: Column[] = [...file.texts];
  for (const { name, shape, read } of vectors) {
    const length = elementCount(shape);
    if (!lengths.has(length) || counts.has(length) || used.has(name)) continue;
    columns.push({ name, values: [...(await read(0, length))] });
  }
  const candidates = tables.length > 0 ? tables : vectors.filter(({ name }) => !used.has(name));
  const responses = candidates.flatMap(
    (array) => tableSource(array, images, presentations, columns) ?? [],
  );
  if (images.length === 0 || responses.length === 0) {
    const what = images.length === 0 ? 'no images' : 'no responses';
    const list = file.arrays.map(({ name, shape }) => `\n  ${name} (${shape.join(', ')})`).join('');
    throw new InputError(
      `${what} were found in the ${file.format}; expected images (images, height, width), and responses ` +
        `(images or trials, neurons), among its arrays${list === '' ? ': it has none' : list}`,
    );
  }
  return { format: file.format, images, presentations, responses, notes, close: file.close };
}

function isVector({ shape }: NamedArray): boolean {
  const length = elementCount(shape);
  return length > 1 && length === Math.max(...shape);
}

function lengthsOf({ shape }: NamedArray): number[] {
  return shape.filter((length) => length > 1);
}

/** Whether responses have so many rows, or trials of so many images. */
function isUsable(count: number, lengths: Set<number>, indices: readonly Indices[]): boolean {
  return lengths.has(count) || indices.some(({ max }) => max <= count);
}

async function readIndices(array: NamedArray): Promise<Indices | undefined> {
  const values = await array.read(0, elementCount(array.shape));
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isInteger(value) || value < -1) return undefined;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { array, values, min, max };
}

function imageSource(array: NamedArray, { axes, form }: ImageLayout): ImageSource {
  const read = createRowReader(array, axes);
  return { name: array.name, ...form, element: array.element, degreesPerPixel: null, read };
}

/** Images are counted from 1 where the last one is reached, and where the file usually does; then 0 is a blank screen. */
function presentationSource(
  { array, values, min, max }: Indices,
  images: readonly ImageSource[],
  usual: 0 | 1,
): { readonly source: PresentationSource; readonly note: string | undefined } | undefined {
  const isNamed = INDEX_NAME.test(array.name);
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

function tableSource(
  array: NamedArray,
  images: readonly ImageSource[],
  presentations: readonly PresentationSource[],
  columns: readonly Column[],
): TableSource | undefined {
  const has = (list: readonly { readonly count: number }[], length: number | undefined) =>
    list.some(({ count }) => count === length);
  const [a, b = 1] = array.shape;
  const rowAxis = has(presentations, a) || has(images, a) ? 0 : 1;
  const rows = array.shape[rowAxis];
  const isOfTrials = has(presentations, rows);
  if (rows === undefined || !(isOfTrials || has(images, rows))) return undefined;
  const neurons = rowAxis === 0 ? b : a!;
  const neuronAxis = array.shape.length === 1 ? null : 1 - rowAxis;
  const read = createRowReader(array, [rowAxis, neuronAxis]);
  return {
    kind: 'table',
    name: array.name,
    rowsAre: isOfTrials ? 'trials' : 'images',
    rows,
    neurons,
    ids: Array.from({ length: neurons }, (_, neuron) => String(neuron)),
    unit: 'as recorded',
    columns: neurons === rows ? new Map() : columnsOf(columns, neurons),
    read: async (first, count) => Float32Array.from(await read(first, count)),
  };
}

function columnsOf(columns: readonly Column[], neurons: number): TableSource['columns'] {
  return new Map(
    columns
      .filter(({ values }) => values.length === neurons)
      .map(({ name, values }) => [name, values]),
  );
}
