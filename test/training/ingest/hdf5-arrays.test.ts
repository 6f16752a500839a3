import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { decodeNpy } from '../../../src/formats/npy.js';
import { chooseSources, type SourceNames } from '../../../training/ingest/choose-sources.js';
import { readHdf5 } from '../../../training/ingest/hdf5/hdf5-format.js';
import { openHdf5 } from '../../../training/ingest/hdf5/open-hdf5.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { runPython } from '../../support/python.js';

const ENTRY = fileURLToPath(
  new URL('../../../dist/training/ingest/hdf5/hdf5-worker.js', import.meta.url),
);
const WRITER = fileURLToPath(new URL('write_arrays.py', import.meta.url));
const python = labFilePackages();
const withPython = testWith(python);
const folder = mkdtempSync(path.join(tmpdir(), 'hdf5-arrays-'));

beforeAll(() => {
  if (python.missing === null) runPython(python.python, WRITER, folder);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

async function open(name: string) {
  const file = await openHdf5(path.join(folder, name), ENTRY);
  onTestFinished(() => file.close());
  return await readHdf5(file, name);
}

/** Everything that a file has, as `ingest` chooses it. */
async function readAll(name: string, names: SourceNames = {}) {
  const file = await open(name);
  const { images, responses, presentations } = chooseSources(file, names);
  if (responses.kind !== 'table') throw new Error('a table was expected');
  return {
    ...{ file, images, responses },
    pixels: await images.read(0, images.count),
    part: await images.read(3, 2),
    values: await responses.read(0, responses.rows),
    shown: presentations && (await presentations.read()).image,
  };
}

/** The numbers that Python wrote. */
function written(name: string) {
  return decodeNpy(readFileSync(path.join(folder, `${name}.npy`))).data;
}

withPython.for([
  ['matlab.mat', 'images'],
  ['matlab_first.mat', 'images'],
  ['matlab_colours.mat', 'colours'],
  ['matlab_logical.mat', 'masks'],
  ['matlab_cells.mat', 'images'],
  ['matlab_structs.mat', 'images'],
  ['plain.h5', 'images'],
] as const)('%s has the images and the responses that Python wrote', async ([name, kind]) => {
  const { images, pixels, part, values, shown } = await readAll(name);
  const channels = kind === 'colours' ? 3 : 1;
  expect(images).toMatchObject({ count: 14, height: 6, width: 9, channels });
  const expected = written(kind);
  expect(pixels).toEqual(expected);
  expect(part).toEqual(expected.slice(3 * 54 * channels, 5 * 54 * channels));
  expect(values).toEqual(written('table'));
  expect(shown).toBeUndefined();
});

withPython('logical images have black and white as 0 and 1', async () => {
  expect((await readAll('matlab_logical.mat')).images.element).toBe('b1');
});

withPython(
  'indices of MATLAB are from 1, and fields of structs have names with a dot',
  async () => {
    const { images, responses, pixels, values, shown } = await readAll('matlab_trials.mat');
    expect([images.name, responses.name]).toEqual(['data.stimuli', 'data.responses']);
    expect(pixels).toEqual(written('images'));
    expect(values).toEqual(written('trials'));
    expect(shown).toEqual(Int32Array.from(written('shown')));
  },
);

withPython('texts of a cell are a column of the neurons', async () => {
  for (const [name, column] of [
    ['matlab_cells.mat', 'area'],
    ['plain.h5', '/area'],
  ] as const) {
    const { responses } = await readAll(name);
    expect(responses.columns.get(column)).toEqual(['V1', 'V4', 'V1']);
  }
});

withPython('indices of HDF5 are from 0; channels may be first, and neurons too', async () => {
  const { pixels, values, shown } = await readAll('trials.h5');
  expect(pixels).toEqual(written('colours'));
  expect(values).toEqual(written('trials'));
  expect(shown).toEqual(Int32Array.from(written('shown')));
});

withPython('what cannot be read is noted', async () => {
  expect((await open('plain.h5')).notes).toMatchInlineSnapshot(`
    [
      "Not used: /elsewhere is in another file: other.h5.",
      "Not used: /packed is compressed with a filter that is not read: lzf; expected gzip, as new.create_dataset(name, data=old[name][:], compression='gzip') of h5py writes it.",
      "Not used: /wave has complex numbers, or elements of several fields; expected plain numbers.",
    ]
  `);
  expect((await open('matlab_trials.mat')).notes).toMatchInlineSnapshot(`
    [
      "wave is complex, or of another kind, and is not read: save its numbers.",
      "data.image_index counts images from 1.",
    ]
  `);
});

withPython('several candidates are listed, and one is chosen by its path', async () => {
  await expect(readAll('several.h5')).rejects.toThrowErrorMatchingInlineSnapshot(`
    [InputError: several responses were found: 2; expected one of
      --responses /clean/responses  (14 images x 3 neurons)
      --responses /raw/responses  (14 images x 3 neurons)]
  `);
  const { values } = await readAll('several.h5', { responses: '/raw/responses' });
  expect(values).toEqual(written('table'));
  await expect(readAll('none.h5')).rejects.toThrowErrorMatchingInlineSnapshot(`
    [InputError: none.h5: no responses were found in the HDF5 file; expected images (images, height, width), and responses (images or trials, neurons), among its arrays
      /images (14, 6, 9)]
  `);
});

withPython('ingest ends with one line where a file cannot be used, and leaves no process', () => {
  const program = fileURLToPath(new URL('../../../dist/src/cli/hypercolumn.js', import.meta.url));
  const words = ['ingest', path.join(folder, 'none.h5'), '--out', path.join(folder, 'out')];
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  expect(status).toBe(2);
  expect(stderr).toMatch(/^error: .*none.h5: no responses were found in the HDF5 file/);
});
