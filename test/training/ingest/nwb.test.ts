import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { decodeNpy } from '../../../src/formats/npy.js';
import { chooseSources } from '../../../training/ingest/choose-sources.js';
import { openHdf5 } from '../../../training/ingest/hdf5/open-hdf5.js';
import type { LabFile } from '../../../training/ingest/lab-file.js';
import { readNwb } from '../../../training/ingest/nwb/read-nwb.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { runPython } from '../../support/python.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ENTRY = path.join(ROOT, 'dist/training/ingest/hdf5/hdf5-worker.js');
const WRITER = fileURLToPath(new URL('write_nwb.py', import.meta.url));
const python = labFilePackages();
const withPython = testWith(python);
const folder = mkdtempSync(path.join(tmpdir(), 'nwb-'));
const at = (name: string) => path.join(folder, name);

beforeAll(() => {
  if (python.missing === null) runPython(python.python, WRITER, folder);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

async function open(name: string): Promise<LabFile> {
  const file = await openHdf5(at(`${name}.nwb`), ENTRY);
  onTestFinished(() => file.close());
  return await readNwb(file, `${name}.nwb`);
}

/** The numbers that Python wrote. */
function written(name: string) {
  return decodeNpy(readFileSync(at(`${name}.npy`)));
}

async function rejection(name: string): Promise<string> {
  const opening = open(name).then(
    (file) => {
      chooseSources(file, {});
      return 'opened';
    },
    ({ message }: Error) => message,
  );
  return await opening.catch(({ message }: Error) => message);
}

async function presentationsOf({ presentations }: LabFile) {
  expect(presentations).toHaveLength(1);
  return await presentations[0]!.read();
}

withPython('images are in the order of the references, not of their names', async () => {
  const { images } = await open('spikes');
  expect(images).toMatchObject([
    { name: '/stimulus/templates/pictures', count: 12, height: 5, width: 8, channels: 1 },
  ]);
  const { data } = written('pictures');
  expect(await images[0]!.read(0, 12)).toEqual(data);
  expect(await images[0]!.read(3, 2)).toEqual(data.slice(3 * 40, 5 * 40));
});

withPython('alpha is left out of images in colour', async () => {
  const [images] = (await open('colours')).images;
  expect(images).toMatchObject({ channels: 3, height: 4, width: 3 });
  expect(await images!.read(0, 12)).toEqual(written('colours').data);
});

withPython(
  'an IndexSeries has indices and times; a table of the same trials is kept once',
  async () => {
    const file = await open('spikes');
    const { image, onset } = await presentationsOf(file);
    expect(image).toEqual(Int32Array.from(written('shown').data));
    expect(onset).toEqual(written('onset').data);
    expect(file.notes).toEqual([
      '/intervals/pictures_presentations/frame has the same trials as /stimulus/presentation/shown.',
    ]);
  },
);

withPython(
  'a table of intervals has a float for each index, and -1 for a blank screen',
  async () => {
    const { image, onset } = await presentationsOf(await open('intervals'));
    const trials = Array.from(image, (_, trial) => trial).filter((trial) => image[trial] !== -1);
    expect(image.length - trials.length).toBe(12);
    expect(trials.map((trial) => image[trial]!)).toEqual(Array.from(written('shown').data));
    expect(trials.map((trial) => onset![trial]!)).toEqual(Array.from(written('onset').data));
  },
);

withPython(
  'stimuli that share a table have their own trials, each with its own images',
  async () => {
    const { presentations } = await open('shared');
    const table = '/intervals/stimulus_presentations/frame';
    expect(presentations).toMatchObject([
      { name: `${table} of pictures`, count: 60, images: '/stimulus/templates/pictures' },
      { name: `${table} of film`, count: 60, images: undefined },
    ]);
    const { image, onset } = await presentations[0]!.read();
    expect(image).toEqual(Int32Array.from(written('shown').data));
    expect(onset).toEqual(written('onset').data);
  },
);

withPython('a column may hold the names of the images', async () => {
  const { image } = await presentationsOf(await open('names'));
  expect(image).toEqual(Int32Array.from(written('shown').data));
});

withPython('images without an order are found by a column of their names alone', async () => {
  const file = await open('names_unordered');
  const { image } = await presentationsOf(file);
  const [images] = file.images;
  const pictures = written('pictures').data;
  const size = 40;
  for (const [trial, index] of Array.from(written('shown').data, Number).entries()) {
    expect(await images!.read(image[trial]!, 1)).toEqual(
      pictures.slice(size * index, size * (index + 1)),
    );
  }
  expect(await rejection('index_unordered')).toBe(
    'the order of the 12 images of /stimulus/templates/pictures is unknown; expected order_of_images, or a column of ' +
      'their names in a table in /intervals',
  );
});

withPython('columns with names of a lab have indices, and the split', async () => {
  const file = await open('own_columns');
  expect(file.presentations.map(({ name }) => name)).toEqual(['/intervals/trials/scene_number']);
  const { image } = await presentationsOf(file);
  const shown = Int32Array.from(written('shown').data);
  expect(image).toEqual(shown);
  const split = file.splits!.find(({ name }) => name === '/intervals/trials/is_test');
  expect(await split!.read()).toEqual(Array.from(shown, (index) => (index < 2 ? 'test' : 'train')));
});

withPython('units have spikes, when they were observed, and columns to choose by', async () => {
  const [units] = (await open('spikes')).responses;
  if (units?.kind !== 'spikes') throw new Error('spikes were expected');
  expect(units).toMatchObject({ neurons: 3, ids: ['0', '1', '2'] });
  expect(Object.fromEntries(units.columns)).toEqual({
    quality: ['good', 'noise', 'good'],
    snr: [2.5, 0.5, 4],
  });
  for (const unit of [0, 1, 2]) {
    expect(await units.spikes(unit)).toEqual(written(`spikes${unit}`).data);
  }
  const end = Number(written('onset').data.at(-1));
  expect(await units.observed(2)).toEqual([
    [0, end - 10],
    [end - 9, end + 1],
  ]);
});

withPython('frames, indices at a fixed rate, and traces in their unit', async () => {
  const file = await open('traces');
  const [frames] = file.images;
  expect(frames).toMatchObject({ count: 20, height: 6, width: 4, element: 'i2' });
  expect(await frames!.read(0, 20)).toEqual(written('frames').data);
  // 0.3 m wide at 0.5 m, in 4 pixels
  expect(frames!.degreesPerPixel).toBeCloseTo((2 * Math.atan(0.3) * 180) / Math.PI / 4, 12);
  expect(file.presentations[0]!.images).toBe(frames!.name);
  const { image, onset } = await presentationsOf(file);
  expect(image).toEqual(Int32Array.from(written('at_rate').data));
  expect(onset).toEqual(Float64Array.from({ length: 50 }, (_, i) => 2.5 + i / 1.6));
  const [traces] = file.responses;
  if (traces?.kind !== 'traces') throw new Error('traces were expected');
  expect(traces).toMatchObject({ samples: 700, unit: 'dF/F', ids: ['103', '100', '101'] });
  expect(traces.columns.get('is_cell')).toEqual([true, true, false]);
  expect(await traces.read(0, 700)).toEqual(written('traces').data);
  expect(await traces.read(100, 50)).toEqual(written('traces').data.slice(300, 450));
  expect((await traces.times()).subarray(0, 2)).toEqual(Float64Array.of(1, 1.05));
});

withPython('what disagrees or is missing is rejected by name', async () => {
  const names = [
    ...['other_times', 'other_count', 'no_presentations', 'film', 'transposed', 'half_frames'],
    ...['other_columns', 'linked'],
  ];
  for (const name of names) expect(await rejection(name)).toMatchSnapshot(name);
});

withPython('ingest writes the rates that numpy counts, with the images of each trial', () => {
  const out = at('dataset');
  const program = path.join(ROOT, 'dist/src/cli/hypercolumn.js');
  const words = ['ingest', at('spikes.nwb'), '--out', out, '--keep-near'];
  execFileSync(process.execPath, [program, ...words], { stdio: 'pipe' });
  const read = (name: string) => decodeNpy(readFileSync(path.join(out, `${name}.npy`)));
  const rates = written('rates').data;
  const measured = Array.from(written('shown').data, (_, trial) => trial).filter(
    (trial) => !Number.isNaN(rates[3 * trial]!),
  );
  expect(measured.length).toBeLessThan(60);
  expect(read('trials').data).toEqual(
    Float32Array.from(measured.flatMap((trial) => [...rates.slice(3 * trial, 3 * trial + 3)])),
  );
  const [images, places] = [read('images').data, read('trial_images').data];
  const [pictures, shown] = [written('pictures').data, written('shown').data];
  for (const [row, trial] of measured.entries()) {
    const own = images.slice(40 * places[row]!, 40 * (places[row]! + 1));
    expect(own).toEqual(pictures.slice(40 * shown[trial]!, 40 * (shown[trial]! + 1)));
  }
});
