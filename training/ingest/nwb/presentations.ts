import { InputError } from '../../../src/errors.js';
import {
  findDataset,
  groupsBelow,
  holdsNumbers,
  readNumbers,
  textAttribute,
} from '../hdf5/find.js';
import type { Hdf5Dataset } from '../hdf5/nodes.js';
import type { Hdf5File } from '../hdf5/open-hdf5.js';
import type { SplitSource } from '../lab-file.js';
import { type Findings, findEach } from '../left-out.js';
import { splitSource } from '../split-source.js';
import { plainColumns, readColumn } from './dynamic-table.js';
import { FRAME_SERIES, type NwbImages, unordered } from './images.js';
import { splitByStimulus } from './split-by-stimulus.js';
import { readTimes } from './times.js';

/** Trials with their times. */
export interface NwbPresentations {
  /** The path of the series, or of the column of a table. */
  readonly name: string;
  readonly images: string | undefined;
  /** Index of the image of each trial; -1 for a blank screen. */
  readonly image: Int32Array;
  /** Seconds. */
  readonly onset: Float64Array;
}

/** Usual names of columns that hold an index of an image, from 0; `frame` is that of the Allen Institute. */
const INDEX_COLUMNS = new Set([
  'frame',
  'image',
  'image_index',
  'image_id',
  'stimulus_index',
  'stimulus_id',
  'index',
]);

/** Other names of such columns, where nothing else in the file says which image was presented. */
const INDEX_NAME =
  /^(.*_)?(image|img|frame|stim|stimulus|picture|pic|scene|photo)s?_?(id|idx|ind|index|number|num|no|nr)?$/i;

/**
 * Finds everything that says which image was presented when: IndexSeries, tables of intervals with a column of indices or
 * of names of images, and series of frames that were presented as they are.
 */
export async function findPresentations(
  file: Hdf5File,
  images: readonly NwbImages[],
): Promise<Findings<NwbPresentations>> {
  const presented = groupsBelow(file, '/stimulus/presentation');
  const series = presented.filter(
    (group) => textAttribute(group, 'neurodata_type') === 'IndexSeries',
  );
  const indices = await findEach(series, ({ path }) => readIndexSeries(file, path, images));
  const columns = intervalTables(file).flatMap(({ path }) =>
    [...plainColumns(file, path)].map(([name, column]) => ({ path, name, column })),
  );
  const readColumns = async (
    { path, column }: (typeof columns)[number],
    trials: Pick<NwbPresentations, 'image' | 'images'> | undefined,
  ) => {
    if (!trials) return [];
    const start = findDataset(file, `${path}/start_time`);
    if (start?.shape[0] !== trials.image.length) {
      throw new InputError(
        `${path} has no start_time for each of ${trials.image.length} trials; expected their onsets`,
      );
    }
    const onset = Float64Array.from(await readNumbers(file, start));
    const all = { name: column.path, ...trials, onset };
    const stimuli = plainColumns(file, path).get('stimulus_name');
    if (stimuli?.element !== 'string') return [all];
    const sources = images.map((each) => each.name);
    return splitByStimulus(all, await file.strings(stimuli), sources);
  };
  const intervals = await findEach(columns, async (each) =>
    readColumns(each, await readIndices(file, each.column, each.name, images)),
  );
  const shown = presented.filter((group) => {
    return FRAME_SERIES.has(textAttribute(group, 'neurodata_type') ?? '');
  });
  const own = images.filter(({ name }) => shown.some(({ path }) => path === name));
  const frames = await findEach(own, async ({ name, count }) => ({
    ...{ name, images: name },
    image: Int32Array.from({ length: count }, (_, frame) => frame),
    onset: await readTimes(file, name, count),
  }));
  const found = [...indices.found, ...intervals.found.flat(), ...frames.found];
  const reasons = [...indices.reasons, ...intervals.reasons, ...frames.reasons];
  if (found.length > 0) return { found, reasons };
  const others = await findEach(columns, async (each) =>
    readColumns(each, await readLikelyIndices(file, each.column, each.name, images)),
  );
  return { found: others.found.flat(), reasons: [...reasons, ...others.reasons] };
}

/** The columns of tables of intervals. A person may choose each of them as the split. */
export function findSplits(file: Hdf5File): SplitSource[] {
  return intervalTables(file).flatMap(({ path }) =>
    [...plainColumns(file, path).values()].map((column) =>
      splitSource(column.path, column.shape[0]!, () => readColumn(file, column)),
    ),
  );
}

function intervalTables(file: Hdf5File) {
  return groupsBelow(file, '/intervals').filter(
    (group) => textAttribute(group, 'neurodata_type') === 'TimeIntervals',
  );
}

async function readIndexSeries(
  file: Hdf5File,
  name: string,
  images: readonly NwbImages[],
): Promise<NwbPresentations> {
  const data = findDataset(file, `${name}/data`);
  if (!data) throw new InputError(`${name} has no data; expected indices of images`);
  const of = file.find(`${name}/indexed_images`) ?? file.find(`${name}/indexed_timeseries`);
  if (of?.kind === 'external-link') {
    throw new InputError(
      `${name} is of images in another file: ${of.file}; expected them in the NWB file itself`,
    );
  }
  const own = indexable(of === undefined ? images : images.filter((each) => each.name === of.path));
  const image = toIndices(await readNumbers(file, data), data.path);
  return { name, images: of?.path ?? own, image, onset: await readTimes(file, name, image.length) };
}

/** The images that a column names by index or by name; undefined where it is of something else. */
async function readIndices(
  file: Hdf5File,
  column: Hdf5Dataset,
  name: string,
  images: readonly NwbImages[],
): Promise<Pick<NwbPresentations, 'image' | 'images'> | undefined> {
  if (holdsNumbers(column)) {
    if (!INDEX_COLUMNS.has(name)) return undefined;
    const values = await readNumbers(file, column);
    return { image: toIndices(values, column.path), images: indexable(images) };
  }
  const cells = await file.strings(column);
  for (const { names, name: of } of images) {
    if (!names || cells.length === 0) continue;
    const places = new Map(names.map((each, place) => [each, place]));
    if (!cells.every((cell) => places.has(cell))) continue;
    return { image: Int32Array.from(cells, (cell) => places.get(cell)!), images: of };
  }
  return undefined;
}

/** The images that a column may name by index, as its name and its numbers let expect; flags are none. */
async function readLikelyIndices(
  file: Hdf5File,
  column: Hdf5Dataset,
  name: string,
  images: readonly NwbImages[],
): Promise<Pick<NwbPresentations, 'image' | 'images'> | undefined> {
  if (!holdsNumbers(column) || column.element === 'b1' || !INDEX_NAME.test(name)) return undefined;
  const values = await readNumbers(file, column);
  const most = images.reduce((a, { count }) => Math.max(a, count), 0);
  if (!values.every((value) => isIndex(value) && !(value > most))) return undefined;
  return { image: toIndices(values, column.path), images: indexable(images) };
}

/**
 * The images that an index may be of: an index says nothing of images whose order is unknown.
 * @returns undefined for any
 */
function indexable(images: readonly NwbImages[]): string | undefined {
  const ordered = images.filter(({ isOrdered }) => isOrdered);
  const [first] = images;
  if (first && ordered.length === 0) throw unordered(first);
  return ordered.length === 1 && images.length > 1 ? ordered[0]!.name : undefined;
}

function isIndex(value: number): boolean {
  return Number.isNaN(value) || (Number.isInteger(value) && value >= -1 && value < 2 ** 31);
}

/** Tables that several kinds of stimuli share have no number where the stimulus is no image. */
function toIndices(values: ArrayLike<number>, name: string): Int32Array {
  return Int32Array.from(values, (value, row) => {
    if (isIndex(value)) return Number.isNaN(value) ? -1 : value;
    throw new InputError(
      `${name} has ${value} at ${row}; expected whole numbers: indices of images from 0, or -1 for a blank screen`,
    );
  });
}
