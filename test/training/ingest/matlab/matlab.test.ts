import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { decodeNpy } from '../../../../src/formats/npy.js';
import { FORMATS, openLabFile } from '../../../../training/ingest/formats.js';
import type { LabFile } from '../../../../training/ingest/lab-file.js';
import { labFilePackages, testWith } from '../../../support/capabilities.js';
import { temporaryFolder } from '../../../support/store.js';
import { writeMat } from './mat-writer.js';

const PYTHON = labFilePackages();
const FORM = { bigEndian: true, compressed: true, small: true };

async function open(file: string): Promise<LabFile> {
  const opened = await openLabFile(file, FORMATS);
  onTestFinished(() => opened.close());
  return opened;
}

function bytesOf(shape: readonly number[]) {
  const count = shape.reduce((product, size) => product * size, 1);
  const values = Array.from({ length: count }, (_, i) => (i * 31) % 251);
  return { kind: 'numbers', shape, type: 9, stored: 2, values } as const;
}

test('images in a cell, responses in a struct, and texts of the neurons are found by their paths', async () => {
  const file = path.join(await temporaryFolder(), 'no-extension');
  const area = ['V1', 'V2'].map((text) => ({ kind: 'text', text, encoding: 'utf16' }) as const);
  const variables = {
    pictures: { kind: 'cell', items: Array.from({ length: 6 }, () => bytesOf([4, 5])) },
    data: {
      kind: 'struct',
      fields: { rates: bytesOf([2, 6]), area: { kind: 'cell', items: area } },
    },
    phase: { kind: 'numbers', shape: [1, 1], type: 6, stored: 9, values: [0], flags: 8 },
  } as const;
  await writeFile(file, writeMat(variables, FORM));
  const opened = await open(file);
  expect(opened.images).toMatchObject([
    { name: 'pictures', count: 6, height: 4, width: 5, channels: 1, element: 'u1' },
  ]);
  const stored = bytesOf([4, 5]).values;
  const upright = Array.from({ length: 20 }, (_, i) => stored[Math.floor(i / 5) + 4 * (i % 5)]!);
  expect([...(await opened.images[0]!.read(2, 2))]).toEqual([...upright, ...upright]);
  const [rates] = opened.responses;
  if (rates?.kind !== 'table') throw new Error('a table was expected');
  expect(rates).toMatchObject({ name: 'data.rates', rowsAre: 'images', rows: 6, neurons: 2 });
  expect([...(await rates.read(1, 2))]).toEqual(bytesOf([2, 6]).values.slice(2, 6));
  expect(rates.columns).toEqual(new Map([['data.area', ['V1', 'V2']]]));
  expect(opened.notes).toEqual(['phase is complex, and is not read: save real() of it.']);
});

const SCRIPT = `
import numpy, scipy.io
random = numpy.random.default_rng(3)
images = random.integers(0, 256, (12, 6, 8), dtype='u1')
shown = random.integers(0, 12, 40)
responses = random.normal(size=(40, 5)).astype('f4')
shown[0] = 11
numpy.save('images.npy', images)
numpy.save('shown.npy', shown)
numpy.save('responses.npy', responses)
scipy.io.savemat('matlab.mat', {'stim': numpy.moveaxis(images, 0, -1), 'resp': responses.T, 'stimIndex': shown + 1.0})
scipy.io.savemat('python.mat', {'stim': images, 'resp': responses, 'stimIndex': shown}, do_compression=True)
scipy.io.savemat('version4.mat', {'stim': numpy.zeros((3, 4))}, format='4')
`;

testWith(PYTHON)(
  'recordings that scipy wrote have the numbers of Python, in either order of axes',
  async () => {
    const folder = await temporaryFolder();
    execFileSync(PYTHON.python, ['-c', SCRIPT], { cwd: folder });
    const written = async (name: string) => [
      ...decodeNpy(await readFile(path.join(folder, `${name}.npy`))).data,
    ];
    for (const name of ['matlab.mat', 'python.mat']) {
      const { images, presentations, responses } = await open(path.join(folder, name));
      expect(images).toMatchObject([{ count: 12, height: 6, width: 8, element: 'u1' }]);
      expect([...(await images[0]!.read(0, 12))], name).toEqual(await written('images'));
      expect([...(await presentations[0]!.read()).image], name).toEqual(await written('shown'));
      const [table] = responses;
      if (table?.kind !== 'table') throw new Error('a table was expected');
      expect([...(await table.read(0, 40))], name).toEqual(await written('responses'));
    }
    await expect(open(path.join(folder, 'version4.mat'))).rejects.toThrow(
      "version4.mat is a MATLAB file of version 4, which is not read; expected version 7: save it with save('file.mat', '-v7')",
    );
  },
);

test('a file that is cut off is named; a folder is no MATLAB file', async () => {
  const folder = await temporaryFolder();
  const file = path.join(folder, 'x.mat');
  const whole = writeMat({ images: bytesOf([5, 5, 9]), responses: bytesOf([9, 2]) }, FORM);
  await writeFile(file, whole.subarray(0, whole.length - 20));
  await expect(open(file)).rejects.toThrow(`${file}: it is cut off or damaged`);
  await writeFile(file, whole.subarray(0, 60));
  await expect(open(file)).rejects.toThrow(`${file}: it is cut off or damaged`);
  await mkdir(path.join(folder, 'empty'));
  await expect(open(path.join(folder, 'empty'))).rejects.toThrow('unknown kind of folder');
});
