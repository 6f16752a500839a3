import { expect, test } from 'vitest';
import { elementCount } from '../../../src/formats/npy.js';
import type { ElementValues } from '../../../src/formats/npy-elements.js';
import { type ArrayFile, findSources } from '../../../training/ingest/arrays/find-sources.js';
import { createRowReader, type NamedArray } from '../../../training/ingest/arrays/named-array.js';

/** An array whose element at each index is given by its place in the file. */
function arrayOf(
  name: string,
  shape: readonly number[],
  fastest: 'first' | 'last' = 'last',
  values: ElementValues = Uint16Array.from({ length: elementCount(shape) }, (_, i) => i),
): NamedArray {
  return {
    ...{ name, shape, element: 'u2', fastest },
    read: async (first, count) => values.slice(first, first + count),
  };
}

function find(arrays: readonly NamedArray[], given: Partial<ArrayFile> = {}) {
  return findSources({
    ...{ format: 'test file', arrays, texts: [], notes: [] },
    usual: { imageAxis: 'first', firstIndex: 0 },
    close: async () => undefined,
    ...given,
  });
}

const MATLAB = { usual: { imageAxis: 'last', firstIndex: 1 } } as const;

function indexArray(name: string, values: readonly number[]): NamedArray {
  return arrayOf(name, [values.length], 'last', Int32Array.from(values));
}

test('rows along any axes have the elements that the indices name', async () => {
  const shape = [3, 4, 2];
  for (const fastest of ['first', 'last'] as const) {
    const strides = fastest === 'last' ? [8, 2, 1] : [1, 3, 12];
    const array = arrayOf('x', shape, fastest);
    for (const axes of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [2, 1, 0],
      [2, 0, 1],
    ]) {
      const read = createRowReader(array, [axes[0]!, axes[1]!, null, axes[2]!]);
      const expected: number[] = [];
      const [a, b, c] = axes.map((axis) => shape[axis]!) as [number, number, number];
      for (let i = 1; i < a; i++) {
        for (let j = 0; j < b; j++) {
          for (let k = 0; k < c; k++) {
            expected.push(i * strides[axes[0]!]! + j * strides[axes[1]!]! + k * strides[axes[2]!]!);
          }
        }
      }
      expect([...(await read(1, a - 1))], `${fastest} ${axes}`).toEqual(expected);
    }
  }
});

test.each([
  { shape: [20, 8, 9], form: { count: 20, height: 8, width: 9, channels: 1 }, rows: 20 },
  { shape: [8, 9, 20], form: { count: 20, height: 8, width: 9, channels: 1 }, rows: 20 },
  { shape: [20, 8, 9, 3], form: { count: 20, height: 8, width: 9, channels: 3 }, rows: 20 },
  { shape: [20, 3, 8, 9], form: { count: 20, height: 8, width: 9, channels: 3 }, rows: 20 },
  { shape: [20, 1, 8, 9], form: { count: 20, height: 8, width: 9, channels: 1 }, rows: 20 },
  { shape: [8, 9, 3, 20], form: { count: 20, height: 8, width: 9, channels: 3 }, rows: 20 },
])(
  'images of shape $shape are found with responses to $rows images',
  async ({ shape, form, rows }) => {
    for (const usual of ['first', 'last'] as const) {
      for (const responses of [
        [rows, 6],
        [6, rows],
      ]) {
        const file = await find([arrayOf('pictures', shape), arrayOf('responses', responses)], {
          usual: { imageAxis: usual, firstIndex: 0 },
        });
        expect(file.images).toMatchObject([{ name: 'pictures', ...form }]);
        expect(file.responses).toMatchObject([{ rowsAre: 'images', rows, neurons: 6 }]);
        expect(file.presentations).toEqual([]);
      }
    }
  },
);

test('a vector of whole numbers says which image was presented in each trial', async () => {
  const arrays = [
    arrayOf('images', [4, 5, 5]),
    arrayOf('responses', [6, 9]),
    arrayOf('depth', [6], 'last', Float64Array.from([1, 2, 3, 1, 2, 3.5])),
    indexArray('stimulus', [0, 3, -1, 3, 2, 1]),
  ];
  const file = await find(arrays);
  expect(file.presentations).toMatchObject([{ name: 'stimulus', count: 6, images: 'images' }]);
  expect([...(await file.presentations[0]!.read()).image]).toEqual([0, 3, -1, 3, 2, 1]);
  expect(file.responses).toMatchObject([{ rowsAre: 'trials', rows: 6, neurons: 9 }]);
  expect(file.notes).toEqual([]);
});

test.each([
  { values: [1, 4, 0, 4, 3, 2], usual: 0, image: [0, 3, -1, 3, 2, 1], fromOne: true },
  { values: [1, 2, 1, 3, 3, 2], usual: 1, image: [0, 1, 0, 2, 2, 1], fromOne: true },
  { values: [1, 2, 1, 3, 3, 2], usual: 0, image: [1, 2, 1, 3, 3, 2], fromOne: false },
  { values: [0, 2, 1, 3, 3, 2], usual: 1, image: [0, 2, 1, 3, 3, 2], fromOne: false },
] as const)(
  'images are counted from 0 or 1: $values, usually $usual',
  async ({ values, usual, image, fromOne }) => {
    const arrays = [
      arrayOf('images', [4, 5, 5]),
      arrayOf('responses', [6, 9]),
      indexArray('order', values),
    ];
    const file = await find(arrays, { usual: { imageAxis: 'first', firstIndex: usual } });
    expect([...(await file.presentations[0]!.read()).image]).toEqual(image);
    expect(file.notes).toEqual(fromOne ? ['order counts images from 1.'] : []);
  },
);

test('a vector about the neurons is no order of images, and one about the images neither', async () => {
  const file = await find([
    arrayOf('images', [8, 5, 5]),
    arrayOf('responses', [3, 12]),
    indexArray('image_of_trial', [0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3]),
    indexArray('layer', [2, 3, 4]),
  ]);
  expect(file.presentations).toMatchObject([{ name: 'image_of_trial' }]);
  expect(file.responses[0]!.columns).toEqual(new Map([['layer', [2, 3, 4]]]));
  expect(file.responses).toMatchObject([{ rowsAre: 'trials', rows: 12, neurons: 3 }]);
  expect([...(await readAll(file))].slice(0, 6)).toEqual([0, 12, 24, 1, 13, 25]);
  const own = await find([
    arrayOf('images', [8, 5, 5]),
    arrayOf('responses', [8, 3]),
    indexArray('category', [0, 1, 0, 1, 0, 1, 0, 1]),
  ]);
  expect(own.presentations).toEqual([]);
  expect(own.responses).toMatchObject([{ rowsAre: 'images' }]);
});

async function readAll({ responses: [own] }: Awaited<ReturnType<typeof find>>) {
  if (own?.kind !== 'table') throw new Error('a table was expected');
  return own.read(0, own.rows);
}

test('where no table is there, a vector has the responses of one neuron; texts are columns', async () => {
  const file = await find([arrayOf('images', [8, 5, 5]), arrayOf('rate', [8])]);
  expect(file.responses).toMatchObject([{ name: 'rate', rows: 8, neurons: 1, rowsAre: 'images' }]);
  expect([...(await readAll(file))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const named = await find([arrayOf('images', [8, 5, 5]), arrayOf('rate', [8, 2])], {
    texts: [{ name: 'area', values: ['V1', 'V4'] }],
  });
  expect(named.responses[0]!.columns).toEqual(new Map([['area', ['V1', 'V4']]]));
});

test('square images of a number that fits nothing are read in the usual way, with a note otherwise', async () => {
  const file = await find(
    [arrayOf('images', [7, 5, 5]), arrayOf('i', [30, 30]), arrayOf('img', [7, 6, 30])],
    MATLAB,
  );
  expect(file.images).toMatchObject([
    { name: 'images', count: 7, height: 5, width: 5 },
    { name: 'img', count: 30, height: 7, width: 6 },
  ]);
  expect(file.notes).toEqual(['images (7, 5, 5) is read as (images, height, width).']);
});

test('a file without images, or without responses to them, is rejected with what it has', async () => {
  await expect(find([arrayOf('responses', [8, 5])])).rejects.toThrow(
    /^no images were found in the test file; expected images \(images, height, width\), .*among its arrays\n {2}responses \(8, 5\)$/,
  );
  await expect(find([arrayOf('images', [8, 5, 5]), arrayOf('responses', [9, 7])])).rejects.toThrow(
    'no responses were found in the test file',
  );
});
