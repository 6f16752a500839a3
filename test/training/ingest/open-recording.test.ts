import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import { FORMATS } from '../../../training/ingest/formats.js';
import { openRecording } from '../../../training/ingest/open-recording.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { temporaryFolder } from '../../support/store.js';

const PYTHON = labFilePackages();
const TABLE = 'image,unit 1\na.png,0.5\nb.png,1\n';

const python = (script: string, ...args: string[]) =>
  execFileSync(PYTHON.python, ['-c', script, ...args]);

/** A folder `mouse` with two images and a table, in an archive. @returns the archive */
async function packFolder(table = TABLE): Promise<string> {
  const folder = path.join(await temporaryFolder(), 'mouse');
  await mkdir(folder);
  for (const name of ['a.png', 'b.png']) {
    const create = { width: 4, height: 3, channels: 3, background: '#888' } as const;
    await sharp({ create }).toFile(path.join(folder, name));
  }
  await writeFile(path.join(folder, 'responses.csv'), table);
  const pack =
    'import os, shutil, sys; shutil.make_archive(sys.argv[1], "zip", os.path.dirname(sys.argv[1]), "mouse")';
  python(pack, folder);
  return `${folder}.zip`;
}

testWith(PYTHON)(
  'a folder in a zip archive is read as the folder, and leaves nothing',
  async () => {
    const scratch = path.join(await temporaryFolder(), 'scratch');
    const file = await openRecording(await packFolder(), FORMATS, scratch);
    expect([file.images[0]?.count, file.responses[0]?.ids]).toEqual([2, ['unit 1']]);
    expect((await readdir(scratch)).length).toBe(1);
    await file.close();
    expect(await readdir(scratch)).toEqual([]);
  },
);

testWith(PYTHON)('a folder in an archive that cannot be used leaves nothing', async () => {
  const scratch = await temporaryFolder();
  const archive = await packFolder('picture,unit 1\na.png,0.5\n');
  await expect(openRecording(archive, FORMATS, scratch)).rejects.toThrow('column image');
  expect(await readdir(scratch)).toEqual([]);
});

testWith(PYTHON)('arrays of numpy are read in their archive', async () => {
  const [folder, scratch] = [await temporaryFolder(), await temporaryFolder()];
  const npz = path.join(folder, 'a.npz');
  python(
    'import numpy, sys; numpy.savez(sys.argv[1], images=numpy.zeros((5, 4, 4)), responses=numpy.ones((5, 2)))',
    npz,
  );
  const file = await openRecording(npz, FORMATS, scratch);
  expect([file.format, await readdir(scratch)]).toEqual([expect.stringContaining('numpy'), []]);
  await file.close();
});

testWith(PYTHON)(
  'an archive whose files lead out of it is rejected, and writes nothing',
  async () => {
    const [folder, scratch] = [await temporaryFolder(), await temporaryFolder()];
    const archive = path.join(folder, 'a.zip');
    python(
      'import sys, zipfile; zipfile.ZipFile(sys.argv[1], "w").writestr("../out.csv", "x")',
      archive,
    );
    await expect(openRecording(archive, FORMATS, scratch)).rejects.toThrow('../out.csv');
    expect([await readdir(scratch), await readdir(folder)]).toEqual([[], ['a.zip']]);
  },
);

testWith(PYTHON)(
  'an archive with names that no disk takes is rejected, and leaves nothing',
  async () => {
    const folder = await temporaryFolder();
    const archive = path.join(folder, 'odd.zip');
    const write = (names: string) =>
      python(
        `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as file:
    for name in ${names}: file.writestr(name, 'image,unit 1')`,
        archive,
      );
    for (const names of ['["d/" + 300 * "x" + ".csv"]', '["d/x.csv", "d/x.csv/y.csv"]']) {
      write(names);
      await expect(openRecording(archive, FORMATS, path.join(folder, 'work'))).rejects.toThrow(
        'a name in the archive is too long, or that of a file and of a folder: d/x',
      );
      expect(await readdir(path.join(folder, 'work'))).toEqual([]);
    }
  },
);
