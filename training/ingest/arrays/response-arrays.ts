import type { ImageSource, PresentationSource, TableSource } from '../lab-file.js';
import { createRowReader, type NamedArray } from './named-array.js';

/** Texts or numbers, one for each neuron. */
export interface Column {
  readonly name: string;
  readonly values: readonly (string | number)[];
}

/** What else a file has, by which the axes of responses are known. */
export interface Surroundings {
  readonly images: readonly ImageSource[];
  readonly presentations: readonly PresentationSource[];
  readonly columns: readonly Column[];
}

/** One or several readings of an array, each with a name of its own, and a note where one was preferred. */
export interface Readings {
  readonly sources: readonly TableSource[];
  readonly note?: string | undefined;
}

/**
 * Reads an array of one or two axes as responses: one axis is that of the trials, or else that of the images. Where both
 * axes may be, there are two readings, and a person chooses.
 */
export function tableReadings(array: NamedArray, around: Surroundings): Readings {
  const [a = 0, b = 1] = array.shape;
  const isOfTrials = (length: number) => around.presentations.some(({ count }) => count === length);
  const isOfImages = (length: number) => around.images.some(({ count }) => count === length);
  const axes = array.shape.length === 1 ? [0] : [0, 1];
  const ofTrials = axes.filter((axis) => isOfTrials(array.shape[axis]!));
  const rowsAre = ofTrials.length > 0 ? 'trials' : 'images';
  const rowAxes =
    ofTrials.length > 0 ? ofTrials : axes.filter((axis) => isOfImages(array.shape[axis]!));
  const sources = rowAxes.map((rowAxis) => {
    const words = rowAxis === 0 ? [rowsAre, 'neurons'] : ['neurons', rowsAre];
    const name = rowAxes.length === 1 ? array.name : `${array.name}:${words.join()}`;
    const axis = array.shape.length === 1 ? null : 1 - rowAxis;
    const [rows, neurons] = rowAxis === 0 ? [a, b] : [b, a];
    return tableOf(array, around.columns, { name, rowsAre, rows, neurons, axes: [rowAxis, axis] });
  });
  const [only] = sources;
  const isUnsure = sources.length === 1 && rowsAre === 'trials' && isOfImages(only!.neurons);
  const words = rowAxes[0] === 0 ? '(trials, neurons)' : '(neurons, trials)';
  const note = isUnsure
    ? `${array.name} (${array.shape.join(', ')}) is read as ${words}, though there are as many images as neurons.`
    : undefined;
  return { sources, note };
}

/**
 * Reads an array of three axes as responses: images, repeats and neurons in any order. Columns about the neurons say
 * which axis is theirs; without them there are two readings.
 */
export function repeatReadings(array: NamedArray, around: Surroundings): Readings {
  const others = around.images.filter(({ name }) => name !== array.name);
  const imageAxes = [0, 1, 2].filter((axis) =>
    others.some(({ count }) => count === array.shape[axis]),
  );
  const possible = imageAxes.flatMap((imageAxis) => {
    const rest = [0, 1, 2].filter((axis) => axis !== imageAxis);
    return rest.map((neuronAxis) => {
      const repeatAxis = rest.find((axis) => axis !== neuronAxis)!;
      return [imageAxis, repeatAxis, neuronAxis] as const;
    });
  });
  const known = possible.filter(([, , axis]) =>
    around.columns.some(({ values }) => values.length === array.shape[axis]),
  );
  const readings = known.length === 1 ? known : possible;
  const sources = readings.map((axes) => {
    const words = [0, 1, 2].map((axis) => ['images', 'repeats', 'neurons'][axes.indexOf(axis)]!);
    const [images, repeats, neurons] = axes.map((axis) => array.shape[axis]!) as [
      number,
      number,
      number,
    ];
    const form = { rowsAre: 'images', rows: images * repeats, repeats, neurons, axes } as const;
    return tableOf(array, around.columns, { ...form, name: `${array.name}:${words.join()}` });
  });
  return { sources };
}

function tableOf(
  array: NamedArray,
  columns: readonly Column[],
  form: Pick<TableSource, 'name' | 'rowsAre' | 'rows' | 'repeats' | 'neurons'> & {
    readonly axes: readonly (number | null)[];
  },
): TableSource {
  const { axes, repeats = 1, ...own } = form;
  const { rows, neurons } = own;
  const read = createRowReader(array, axes);
  return {
    kind: 'table',
    ...own,
    repeats,
    ids: Array.from({ length: neurons }, (_, neuron) => String(neuron)),
    unit: 'as recorded',
    columns: new Map(
      columns
        .filter(({ values }) => values.length === neurons && neurons !== rows)
        .map(({ name, values }) => [name, values]),
    ),
    async read(first, count) {
      // The repeats of an image are one row of the array.
      const from = Math.floor(first / repeats);
      const values = await read(from, Math.ceil((first + count) / repeats) - from);
      const start = (first - from * repeats) * neurons;
      return Float32Array.from(values.subarray(start, start + count * neurons));
    },
  };
}
