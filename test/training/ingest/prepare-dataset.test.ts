import { expect, test } from 'vitest';
import { randomStream } from '../../../src/network/random.js';
import {
  type IngestOptions,
  type PreparedDataset,
  prepareDataset,
} from '../../../training/ingest/prepare-dataset.js';
import { splitSource } from '../../../training/ingest/split-source.js';
import { imageSource, labFile, presentationSource, spikeSource, tableSource } from './lab-files.js';

const DEFAULTS: IngestOptions = {
  names: {},
  times: { firstImage: undefined, window: undefined, baseline: undefined },
  transform: {
    ...{ transpose: false, crop: undefined, gray: false, size: undefined },
    degreesPerPixel: undefined,
  },
  scale: {},
  neurons: { units: undefined, minRate: undefined, minReliability: undefined },
  split: { minRepeats: 4, validation: 0.25, seed: 1, keepNear: false },
  keepBlanks: false,
};
const ignore = () => undefined;

/** Different images of 20x20 bytes. */
function drawImages(count: number): number[][] {
  const random = randomStream(1, 'images');
  return Array.from({ length: count }, () =>
    Array.from({ length: 400 }, () => Math.floor(256 * random.uniform())),
  );
}

/** Rows of the trials, as arrays. */
function rows({ trials, neurons }: PreparedDataset): number[][] {
  return Array.from({ length: trials.length / neurons.length }, (_, trial) => [
    ...trials.subarray(trial * neurons.length, (trial + 1) * neurons.length),
  ]);
}

test('trials of the same pixels are repeats, and images that were repeated are for validation', async () => {
  const [a, b, c] = drawImages(3);
  const file = labFile({
    // The second image is the first one again.
    images: [imageSource([a!, a!, b!, c!])],
    presentations: [presentationSource([0, 1, 3, 0, 2, 1])],
    responses: [tableSource([[1], [2], [3], [4], [5], [6]])],
  });
  const dataset = await prepareDataset(file, DEFAULTS, ignore);
  expect(dataset.images.map(({ index, part }) => [index, part])).toEqual([
    [0, 'validation'],
    [2, 'train'],
    [3, 'train'],
  ]);
  expect([...dataset.trialImage]).toEqual([0, 0, 2, 0, 1, 0]);
  expect(rows(dataset)).toEqual([[1], [2], [3], [4], [5], [6]]);
  expect(dataset.dropped).toEqual([]);
});

test('blank screens and trials without a measurement are left out, and counted', async () => {
  const images = [...drawImages(2), Array.from({ length: 400 }, () => 128)];
  const file = labFile({
    images: [imageSource(images)],
    presentations: [presentationSource([0, -1, 2, 1, 0, 1])],
    responses: [
      tableSource([
        [1, 2],
        [9, 9],
        [9, 9],
        [3, Number.NaN],
        [Number.NaN, Number.NaN],
        [5, 6],
      ]),
    ],
  });
  const dataset = await prepareDataset(file, DEFAULTS, ignore);
  expect(rows(dataset)).toEqual([
    [1, 2],
    [3, Number.NaN],
    [5, 6],
  ]);
  expect(dataset.dropped).toEqual([
    { reason: 'trials with a blank screen', count: 2 },
    { reason: 'trials in which no neuron was measured', count: 1 },
  ]);
  const kept = await prepareDataset(file, { ...DEFAULTS, keepBlanks: true }, ignore);
  expect(kept.images).toHaveLength(3);
  expect(kept.dropped[0]).toEqual({ reason: 'trials with a blank screen', count: 1 });
});

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
  const dataset = await prepareDataset(file, DEFAULTS, ignore);
  expect(dataset.images.map(({ index, part }) => [index, part])).toEqual([
    [0, 'validation'],
    [1, 'train'],
    [2, 'test'],
    [3, 'validation'],
  ]);
  expect(dataset.dropped).toEqual([
    { reason: 'training images that are nearly equal to one for validation', count: 1 },
  ]);
  expect(rows(dataset)).toEqual([[1], [2], [3], [4], [5]]);
  const split = { ...DEFAULTS.split, keepNear: true };
  expect((await prepareDataset(file, { ...DEFAULTS, split }, ignore)).images).toHaveLength(5);
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
    const dataset = await prepareDataset(file, { ...DEFAULTS, names: { split } }, ignore);
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
    return prepareDataset(file, DEFAULTS, ignore);
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
    const split = { ...DEFAULTS.split, seed };
    const dataset = await prepareDataset(file, { ...DEFAULTS, split }, ignore);
    const parts = dataset.images.map(({ part, index }) => [order[index]!, part] as const);
    return parts.flatMap(([index, part]) => (part === 'validation' ? [index] : [])).toSorted();
  };
  const order = images.map((_, index) => index);
  const first = await chosen(order, 1);
  expect(first).toHaveLength(10);
  expect(await chosen(order.toReversed(), 1)).toEqual(first);
  expect(await chosen(order, 2)).not.toEqual(first);
});

test('neurons are chosen by their columns, their mean response and their reliability', async () => {
  const random = randomStream(2, 'responses');
  const [images, repeats] = [12, 6];
  const trials = Array.from({ length: images * repeats }, (_, i) => i % images);
  const responses = trials.map((image) => [image, 0.1 * image, 10 * random.uniform(), image]);
  const columns = new Map([['quality', ['good', 'good', 'good', 'noise']]]);
  const file = labFile({
    images: [imageSource(drawImages(images))],
    presentations: [presentationSource(trials)],
    responses: [tableSource(responses, { columns })],
  });
  const take = async (neurons: Partial<IngestOptions['neurons']>) => {
    const given = { ...DEFAULTS, neurons: { ...DEFAULTS.neurons, ...neurons } };
    const { neurons: kept, dropped } = await prepareDataset(file, given, ignore);
    return { ids: kept.map(({ column }) => column), dropped };
  };
  expect(await take({ units: 'quality == good', minRate: 1, minReliability: 0.9 })).toEqual({
    ids: [0],
    dropped: [
      { reason: 'neurons without quality == good', count: 1 },
      { reason: 'neurons with a mean response below 1', count: 1 },
      { reason: 'neurons with a reliability below 0.9', count: 1 },
    ],
  });
  await expect(take({ units: 'qualty == good' })).rejects.toThrow(
    "unknown column of the neurons: 'qualty'; expected one of quality; did you mean quality?",
  );
  await expect(take({ units: 'quality good' })).rejects.toThrow('--units cannot be read');
  await expect(take({ units: "quality == 'bad'" })).rejects.toThrow('keeps none of 4 neurons');
  await expect(take({ minRate: 100 })).rejects.toThrow(
    'no neuron is left of 4: 4 neurons with a mean response below 100; expected some',
  );
});

test('what fits together is chosen, and several candidates are listed with the option that chooses', async () => {
  const images = drawImages(3);
  const file = labFile({
    images: [imageSource(images, { name: '/a' }), imageSource(images, { name: '/b' })],
    presentations: [
      presentationSource([0, 1, 2], { name: '/p', images: '/a', onset: [1, 2, 3] }),
      presentationSource([2, 1, 0], { name: '/q', images: '/b', onset: [1, 2, 3] }),
      presentationSource([2, 1, 0, 1], { name: '/r', images: '/b' }),
    ],
    responses: [
      tableSource([[1], [2], [3]], { name: '/table' }),
      spikeSource([[1.05]], { name: '/units' }),
    ],
  });
  const take = async (names: IngestOptions['names']) => {
    const { sources } = await prepareDataset(file, { ...DEFAULTS, names }, ignore);
    return [sources.images, sources.presentations, sources.responses].map((each) => each?.name);
  };
  await expect(take({})).rejects.toThrow(
    'several responses were found: 2; expected one of\n  --responses /table  (3 trials x 1 neuron)\n' +
      '  --responses /units  (spikes of 1 neuron)',
  );
  await expect(take({ responses: '/units' })).rejects.toThrow('--images /b  (3 images of 20x20)');
  expect(await take({ responses: '/table', images: '/b' })).toEqual(['/b', '/q', '/table']);
  await expect(take({ responses: '/units', images: '/b' })).rejects.toThrow(
    'several presentations were found: 2; expected one of\n  --presentations /q  (3 trials of /b)',
  );
  await expect(take({ responses: '/unit' })).rejects.toThrow(
    "unknown responses: '/unit'; expected one of",
  );
  await expect(take({ responses: '/units', images: '/b', presentations: '/r' })).rejects.toThrow(
    '/r has no times, and /units needs them',
  );
});

test('images count from 0 or 1 as a person says, else as the file does', async () => {
  const file = (guessedFirst?: 0 | 1) => {
    const trials = presentationSource([1, 0, 2, 1]);
    return labFile({
      images: [imageSource(drawImages(3))],
      presentations: [
        { ...trials, read: async () => ({ ...(await trials.read()), guessedFirst }) },
      ],
      responses: [tableSource([[1], [2], [3], [4]])],
    });
  };
  const take = async (guess: 0 | 1 | undefined, firstImage: 0 | 1 | undefined) => {
    const times = { ...DEFAULTS.times, firstImage };
    const dataset = await prepareDataset(file(guess), { ...DEFAULTS, times }, ignore);
    const found = [...dataset.trialImage].map((image) => dataset.images[image]!.index);
    return [found, dataset.responses.firstImage];
  };
  expect(await take(undefined, undefined)).toEqual([[1, 0, 2, 1], undefined]);
  expect(await take(0, undefined)).toEqual([[1, 0, 2, 1], 0]);
  // The second trial is then a blank screen.
  expect(await take(0, 1)).toEqual([[0, 1, 0], 1]);
  expect(await take(undefined, 1)).toEqual([[0, 1, 0], 1]);
  await expect(take(1, 0)).rejects.toThrow('trials has image 3; expected 0 to 2');
});

test('an image that is too large is rejected before it is read', async () => {
  const huge = imageSource(drawImages(1), { height: 40_000, width: 60_000 });
  const file = labFile({
    images: [huge],
    presentations: [presentationSource([0])],
    responses: [tableSource([[1]])],
  });
  await expect(prepareDataset(file, DEFAULTS, ignore)).rejects.toThrow(
    'the images of images are too large: 40000x60000, 1 channels; expected at most 67108864 numbers in an image',
  );
});

test('presentations of images that there are not are rejected, and windows that nothing needs', async () => {
  const file = (image: readonly number[]) =>
    labFile({
      images: [imageSource(drawImages(2))],
      presentations: [presentationSource(image)],
      responses: [tableSource(image.map((index) => [index]))],
    });
  await expect(prepareDataset(file([0, 2]), DEFAULTS, ignore)).rejects.toThrow(
    'trials has image 2; expected 0 to 1, the images of images, or -1 for a blank screen',
  );
  await expect(prepareDataset(file([-1, -1]), DEFAULTS, ignore)).rejects.toThrow(
    'no trial is left of 2: 2 trials with a blank screen; expected some',
  );
  const times = { ...DEFAULTS.times, window: { from: 0, to: 100 } };
  await expect(prepareDataset(file([0, 1]), { ...DEFAULTS, times }, ignore)).rejects.toThrow(
    '--window and --baseline are for spikes and traces',
  );
});
