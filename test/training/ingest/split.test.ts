import { expect, test } from 'vitest';
import { prepareDataset } from '../../../training/ingest/prepare-dataset.js';
import { splitSource } from '../../../training/ingest/split-source.js';
import {
  drawImages,
  INGEST_DEFAULTS,
  imageSource,
  labFile,
  presentationSource,
  tableSource,
} from './lab-files.js';

const ignore = () => undefined;

test("the recording's own division wins, and no image is on both sides", async () => {
  const images = drawImages(4);
  const nearly = images[3]!.map((pixel) => Math.min(255, pixel + 1));
  const file = labFile({
    images: [imageSource([...images, nearly])],
    presentations: [
      presentationSource([0, 1, 2, 3, 0, 4], {
        tier: ['train', 'train', 'test', 'validation', 'validation', 'train'],
      }),
    ],
    responses: [tableSource([[1], [2], [3], [4], [5], [6]])],
  });
  const dataset = await prepareDataset(file, INGEST_DEFAULTS, ignore);
  expect(dataset.images.map(({ index, part }) => [index, part])).toEqual([
    [0, 'validation'],
    [1, 'train'],
    [2, 'test'],
    [3, 'validation'],
  ]);
  expect(dataset.dropped).toEqual([
    { reason: 'training images that are nearly equal to one for validation', count: 1 },
  ]);
  expect([...dataset.trials]).toEqual([1, 2, 3, 4, 5]);
  const split = { ...INGEST_DEFAULTS.split, keepNear: true };
  expect((await prepareDataset(file, { ...INGEST_DEFAULTS, split }, ignore)).images).toHaveLength(
    5,
  );
});

test('without repeats the validation images are chosen by chance, whatever the order of the images', async () => {
  const images = drawImages(40);
  const chosen = async (order: readonly number[], seed: number) => {
    const file = labFile({
      images: [imageSource(order.map((index) => images[index]!))],
      responses: [
        tableSource(
          order.map((index) => [index]),
          { rowsAre: 'images' },
        ),
      ],
    });
    const split = { ...INGEST_DEFAULTS.split, seed };
    const dataset = await prepareDataset(file, { ...INGEST_DEFAULTS, split }, ignore);
    const parts = dataset.images.map(({ part, index }) => [order[index]!, part] as const);
    return parts.flatMap(([index, part]) => (part === 'validation' ? [index] : [])).toSorted();
  };
  const order = images.map((_, index) => index);
  const first = await chosen(order, 1);
  expect(first).toHaveLength(10);
  expect(await chosen(order.toReversed(), 1)).toEqual(first);
  expect(await chosen(order, 2)).not.toEqual(first);
});

test('a split that the file has is noted, and taken where a person names it', async () => {
  const file = labFile({
    images: [imageSource(drawImages(40))],
    responses: [
      tableSource(
        Array.from({ length: 40 }, (_, i) => [i]),
        { rowsAre: 'images' },
      ),
    ],
    splits: [
      splitSource('isTest', 40, async () => Array.from({ length: 40 }, (_, i) => i < 4)),
      splitSource('valid', 40, async () => Array.from({ length: 40 }, (_, i) => i === 7)),
      splitSource('test_of_others', 39, async () => []),
      splitSource('category', 40, async () => []),
    ],
  });
  const take = async (split?: string) => {
    const dataset = await prepareDataset(file, { ...INGEST_DEFAULTS, names: { split } }, ignore);
    const count = (part: string) => dataset.images.filter((each) => each.part === part).length;
    return { ...dataset, counts: [count('train'), count('validation'), count('test')] };
  };
  const unused = await take();
  expect(unused.counts).toEqual([30, 10, 0]);
  expect(unused.notes).toEqual([
    'isTest looks like a split, and is not used: --split isTest takes it.',
    'valid looks like a split, and is not used: --split valid takes it.',
  ]);
  const valid = await take('valid');
  expect([valid.counts, valid.splitRule, valid.notes]).toEqual([
    [39, 1, 0],
    'as valid divides them',
    [],
  ]);
  const test = await take('isTest');
  expect([test.counts, test.splitRule]).toEqual([
    [27, 9, 4],
    'for test as isTest has them; of the others, a share of 0.25 of the images is for validation, by chance (seed 1)',
  ]);
  await expect(take('isVal')).rejects.toThrow(
    "unknown split: 'isVal'; expected one of isTest, valid, test_of_others, category",
  );
});

test('one image is not enough, of two one is for validation, and repeats are found by image', async () => {
  const take = (count: number, repeats?: number) => {
    const rows = Array.from({ length: count * (repeats ?? 1) }, (_, i) => [i]);
    const file = labFile({
      images: [imageSource(drawImages(count))],
      responses: [tableSource(rows, { rowsAre: 'images', repeats })],
    });
    return prepareDataset(file, INGEST_DEFAULTS, ignore);
  };
  await expect(take(1)).rejects.toThrow(
    'of 1 images 0 are for training and 1 for validation; expected some of both: see --split, --min-repeats, ' +
      '--validation and --keep-near',
  );
  expect((await take(2)).images.map(({ part }) => part).toSorted()).toEqual([
    'train',
    'validation',
  ]);
  expect([...(await take(2, 3)).trialImage]).toEqual([0, 0, 0, 1, 1, 1]);
});
