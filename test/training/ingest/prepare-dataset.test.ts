import { expect, test } from 'vitest';
import { randomStream } from '../../../src/network/random.js';
import type { SpikeSource, TraceSource } from '../../../training/ingest/lab-file.js';
import {
  type IngestOptions,
  type PreparedDataset,
  prepareDataset,
} from '../../../training/ingest/prepare-dataset.js';
import {
  drawImages,
  INGEST_DEFAULTS,
  imageSource,
  labFile,
  presentationSource,
  spikeSource,
  tableSource,
  traceSource,
} from './lab-files.js';

const ignore = () => undefined;

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
  const dataset = await prepareDataset(file, INGEST_DEFAULTS, ignore);
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
  const dataset = await prepareDataset(file, INGEST_DEFAULTS, ignore);
  expect(rows(dataset)).toEqual([
    [1, 2],
    [3, Number.NaN],
    [5, 6],
  ]);
  expect(dataset.dropped).toEqual([
    { reason: 'trials with a blank screen', count: 2 },
    { reason: 'trials in which no neuron was measured', count: 1 },
  ]);
  const kept = await prepareDataset(file, { ...INGEST_DEFAULTS, keepBlanks: true }, ignore);
  expect(kept.images).toHaveLength(3);
  expect(kept.dropped[0]).toEqual({ reason: 'trials with a blank screen', count: 1 });
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
    const given = { ...INGEST_DEFAULTS, neurons: { ...INGEST_DEFAULTS.neurons, ...neurons } };
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
  await expect(take({ units: "quality == 'bad'" })).rejects.toThrow(
    'keeps none of 4 neurons; expected some: quality is good or noise',
  );
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
    const { sources } = await prepareDataset(file, { ...INGEST_DEFAULTS, names }, ignore);
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
    const times = { ...INGEST_DEFAULTS.times, firstImage };
    const dataset = await prepareDataset(file(guess), { ...INGEST_DEFAULTS, times }, ignore);
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
  await expect(prepareDataset(file, INGEST_DEFAULTS, ignore)).rejects.toThrow(
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
  await expect(prepareDataset(file([0, 2]), INGEST_DEFAULTS, ignore)).rejects.toThrow(
    'trials has image 2; expected 0 to 1, the images of images, or -1 for a blank screen',
  );
  await expect(prepareDataset(file([-1, -1]), INGEST_DEFAULTS, ignore)).rejects.toThrow(
    'no trial is left of 2: 2 trials with a blank screen; expected some',
  );
  const times = { ...INGEST_DEFAULTS.times, window: { from: 0, to: 100 } };
  await expect(prepareDataset(file([0, 1]), { ...INGEST_DEFAULTS, times }, ignore)).rejects.toThrow(
    '--window and --baseline are for spikes and traces',
  );
});

test('a window that is probably in seconds is noted, or named where nothing was measured in it', async () => {
  const times = { ...INGEST_DEFAULTS.times, window: { from: 0.04, to: 0.1 } };
  const prepare = (responses: SpikeSource | TraceSource) =>
    prepareDataset(
      labFile({
        images: [imageSource(drawImages(2))],
        presentations: [presentationSource([0, 1], { onset: [0, 1] })],
        responses: [responses],
      }),
      { ...INGEST_DEFAULTS, times },
      ignore,
    );
  const text =
    'window is within 5 ms of the onset: 0.04:0.1ms; expected milliseconds: 40:100ms if seconds were meant';
  const { notes } = await prepare(spikeSource([[0.05, 1.06]]));
  expect(notes).toContain(`The ${text}.`);
  const samples = Array.from({ length: 20 }, (_, i) => i / 10);
  const traces = traceSource(
    samples.map((value) => [value]),
    samples,
  );
  await expect(prepare(traces)).rejects.toThrow(`and --keep-blanks; the ${text}`);
});

test('an infinite response is rejected by neuron and trial, unless the neuron is left out', async () => {
  const columns = new Map([['quality', ['good', 'noise']]]);
  const file = labFile({
    images: [imageSource(drawImages(3))],
    presentations: [presentationSource([0, 1, 2, 0])],
    responses: [
      tableSource(
        [
          [1, 2],
          [3, Number.POSITIVE_INFINITY],
          [5, 6],
          [7, 8],
        ],
        { columns },
      ),
    ],
  });
  await expect(prepareDataset(file, INGEST_DEFAULTS, ignore)).rejects.toThrow(
    'the response of neuron unit 1 in trial 1 of responses is Infinity; expected a number that float32 holds, or NaN ' +
      'where the neuron was not measured',
  );
  const neurons = { ...INGEST_DEFAULTS.neurons, units: 'quality == good' };
  const kept = await prepareDataset(file, { ...INGEST_DEFAULTS, neurons }, ignore);
  expect([...kept.trials]).toEqual([1, 3, 5, 7]);
});
