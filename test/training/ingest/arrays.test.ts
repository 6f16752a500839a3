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

test('responses with as many neurons as images or trials have two readings, or a note', async () => {
  const both = await find([arrayOf('images', [6, 5, 5]), arrayOf('rates', [6, 6])]);
  expect(both.responses).toMatchObject([
    { name: 'rates:images,neurons', rowsAre: 'images', rows: 6, neurons: 6 },
    { name: 'rates:neurons,images', rowsAre: 'images', rows: 6, neurons: 6 },
  ]);
  const [upright, turned] = both.responses;
  if (upright?.kind !== 'table' || turned?.kind !== 'table')
    throw new Error('tables were expected');
  expect([...(await upright.read(1, 1))]).toEqual([6, 7, 8, 9, 10, 11]);
  expect([...(await turned.read(1, 1))]).toEqual([1, 7, 13, 19, 25, 31]);
  const order = indexArray('order', [0, 1, 2, 3, 2, 1, 0, 3]);
  const trials = await find([arrayOf('images', [4, 5, 5]), arrayOf('rates', [4, 8]), order]);
  expect(trials.responses).toMatchObject([{ name: 'rates', rowsAre: 'trials', rows: 8 }]);
  expect(trials.notes).toEqual([
    'rates (4, 8) is read as (neurons, trials), though there are as many images as neurons.',
  ]);
});

test('responses of three axes are images, repeats and neurons, in an order that a column or a person says', async () => {
  const images = arrayOf('images', [5, 6, 6]);
  const rates = arrayOf('rates', [5, 2, 3]);
  const unsure = await find([images, rates]);
  expect(unsure.images).toMatchObject([{ name: 'images', count: 5 }]);
  expect(unsure.responses).toMatchObject([
    { name: 'rates:images,neurons,repeats', rows: 15, repeats: 3, neurons: 2 },
    { name: 'rates:images,repeats,neurons', rows: 10, repeats: 2, neurons: 3 },
  ]);
  const texts = { texts: [{ name: 'area', values: ['V1', 'V4', 'V1'] }] };
  const file = await find([images, rates, arrayOf('category', [5])], texts);
  expect(file.responses).toMatchObject([{ name: 'rates:images,repeats,neurons' }]);
  const [table] = file.responses;
  if (table?.kind !== 'table') throw new Error('a table was expected');
  expect(table.columns.get('area')).toEqual(['V1', 'V4', 'V1']);
  expect([...(await table.read(0, 10))]).toEqual(Array.from({ length: 30 }, (_, i) => i));
  expect([...(await table.read(3, 2))]).toEqual([9, 10, 11, 12, 13, 14]);
  // As MATLAB has them: neurons first, repeats last.
  const matlab = arrayOf('rates', [3, 5, 2], 'first');
  const [turned] = (await find([images, matlab], { ...MATLAB, ...texts })).responses;
  if (turned?.kind !== 'table') throw new Error('a table was expected');
  expect(turned.name).toBe('rates:neurons,images,repeats');
  // Neuron n, image i and repeat r are at n + 3 i + 15 r.
  expect([...(await turned.read(2, 2))]).toEqual([3, 4, 5, 18, 19, 20]);
});

test('without bytes, squares or colours the largest array has the images', async () => {
  const wide = { ...arrayOf('wide', [5, 6, 8]), element: 'f4' } as const;
  const rates = { ...arrayOf('rates', [5, 4, 7]), element: 'f4' } as const;
  const file = await find([rates, wide]);
  expect(file.images.map(({ name }) => name)).toEqual(['wide']);
  expect(file.responses).toHaveLength(2);
});

test('what looks like a split is no presentation, and can be chosen as the split', async () => {
  const arrays = [
    arrayOf('images', [4, 5, 5]),
    arrayOf('rates', [6, 3]),
    indexArray('isValidTrial', [0, 1, 0, 0, 1, 0]),
    indexArray('order', [0, 1, 2, 3, 1, 0]),
    indexArray('val_images', [1, 0, 0, 1]),
  ];
  const file = await find(arrays, {
    texts: [{ name: 'tiers', values: ['Train', 'val', 'test', 'train', 'oracle', ''] }],
  });
  expect(file.presentations.map(({ name }) => name)).toEqual(['order']);
  expect(file.responses[0]!.columns.size).toBe(0);
  const splits = new Map(file.splits!.map((split) => [split.name, split]));
  expect([...splits.keys()]).toEqual(['isValidTrial', 'order', 'val_images', 'tiers']);
  const [train, validation] = ['train', 'validation'] as const;
  expect(await splits.get('isValidTrial')!.read()).toEqual([
    ...[train, validation, train, train, validation, train],
  ]);
  expect(await splits.get('val_images')!.read()).toEqual([validation, train, train, validation]);
  await expect(splits.get('tiers')!.read()).rejects.toThrow(
    "--split tiers has 'oracle' at 4; expected train, validation or test, or 0 and 1, or 0, 1 and 2",
  );
  await expect(splits.get('order')!.read()).rejects.toThrow("--split order has '2' at 2");
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
  const order = indexArray('order', [0, 1, 2, 8, 1, 0]);
  await expect(
    find([arrayOf('images', [4, 5, 5]), arrayOf('rates', [6, 3]), order], {
      notes: ['phase is complex, and is not read.'],
    }),
  ).rejects.toThrow(
    'no responses were found in the test file: order names image 8, and there are 4 images; expected images (images, ' +
      'height, width), and responses (images or trials, neurons), among its arrays\n  images (4, 5, 5)\n  rates (6, 3)\n' +
      '  order (6)\n  phase is complex, and is not read.',
  );
});
