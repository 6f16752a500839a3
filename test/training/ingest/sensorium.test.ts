import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { FORMATS, openLabFile } from '../../../training/ingest/formats.js';
import type { LabFile } from '../../../training/ingest/lab-file.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { temporaryFolder } from '../../support/store.js';

const PYTHON = labFilePackages();

async function open(place: string): Promise<LabFile> {
  const file = await openLabFile(place, FORMATS);
  onTestFinished(() => file.close());
  return file;
}

const TIERS = [
  'train',
  'test',
  'validation',
  'train',
  'final_test',
  'final_test',
  'test',
  'oracle',
];
const IMAGES = [7, 3, 9, 7, 3, 3, 7, 1];

/** Eight trials of images of 4 x 6 pixels, by three neurons; the responses of trials 4 and 5 are withheld, and those of trial 6 are 0. */
const SCRIPT = `
import json, numpy, os, shutil, sys
folder, channels = sys.argv[1], int(sys.argv[2])
tiers, ids = json.loads(sys.argv[3]), json.loads(sys.argv[4])
for name in ['data/images', 'data/responses', 'data/behavior', 'meta/trials', 'meta/neurons']:
    os.makedirs(f'{folder}/{name}')
for trial, image in enumerate(ids):
    pixels = numpy.random.default_rng(image).integers(0, 256, (channels, 4, 6)).astype('f4')
    numpy.save(f'{folder}/data/images/{trial}.npy', pixels)
    responses = numpy.zeros(3) if trial in [4, 5, 6] else numpy.arange(3) * 0.1 + trial
    numpy.save(f'{folder}/data/responses/{trial}.npy', responses.astype('f4'))
    numpy.save(f'{folder}/data/behavior/{trial}.npy', numpy.zeros(3))
    numpy.moveaxis(pixels, 0, -1).tofile(f'{folder}/../{channels}-{image}')
numpy.save(f'{folder}/meta/trials/tiers.npy', numpy.array(tiers))
numpy.save(f'{folder}/meta/trials/frame_image_id.npy', numpy.array(ids))
numpy.save(f'{folder}/meta/neurons/unit_ids.npy', numpy.array([11, 15, 12]))
numpy.save(f'{folder}/meta/neurons/layer.npy', numpy.array(['L2/3', 'L4', 'L5']))
numpy.save(f'{folder}/meta/neurons/cell_motor_coordinates.npy', numpy.zeros((3, 3)))
shutil.make_archive(folder, 'zip', os.path.dirname(folder), os.path.basename(folder))
`;

async function make(channels: number) {
  const folder = await temporaryFolder();
  const place = path.join(folder, 'static1');
  const given = [place, String(channels), JSON.stringify(TIERS), JSON.stringify(IMAGES)];
  execFileSync(PYTHON.python, ['-c', SCRIPT, ...given]);
  const pixels = async (image: number) => {
    const bytes = await readFile(path.join(folder, `${channels}-${image}`));
    return [...new Float32Array(Uint8Array.from(bytes).buffer)];
  };
  return { place, pixels };
}

testWith(PYTHON)(
  'a folder and its zip file have the trials that Python wrote; withheld ones are left out',
  async () => {
    for (const channels of [1, 3]) {
      const { place, pixels } = await make(channels);
      for (const form of [place, `${place}.zip`]) {
        const { format, images, presentations, responses, notes } = await open(form);
        expect(format).toBe('Sensorium 2022');
        expect(images).toMatchObject([{ count: 3, height: 4, width: 6, channels, element: 'f4' }]);
        const expected = [...(await pixels(7)), ...(await pixels(3)), ...(await pixels(9))];
        expect([...(await images[0]!.read(0, 3))]).toEqual(expected);
        expect([...(await images[0]!.read(2, 1))]).toEqual(await pixels(9));
        const { image, tier } = await presentations[0]!.read();
        expect([...image]).toEqual([0, 1, 2, 0, 0]);
        expect(tier).toEqual(['train', 'test', 'validation', 'train', 'test']);
        const [table] = responses;
        if (table?.kind !== 'table') throw new Error('a table was expected');
        const rows = [2, 3].flatMap((trial) => [trial, trial + 0.1, trial + 0.2]).concat([0, 0, 0]);
        expect([...(await table.read(2, 3))]).toEqual(rows.map(Math.fround));
        expect(table).toMatchObject({ rows: 5, neurons: 3, ids: ['11', '15', '12'] });
        expect([...table.columns]).toEqual([
          ['layer', ['L2/3', 'L4', 'L5']],
          ['unit_ids', [11, 15, 12]],
        ]);
        expect(notes).toEqual([
          'Test trials are left out, because the competition has zeros in place of their responses: 2.',
          "Trials of the tier 'oracle' are left out: 1.",
          'What is in behavior is not read.',
        ]);
      }
    }
  },
);

testWith(PYTHON)('files that are missing, or that differ, are named', async () => {
  const { place } = await make(1);
  await writeFile(path.join(place, 'data/responses/2.npy'), encodeNpy(new Float32Array(2), [2]));
  await writeFile(path.join(place, 'data/images/1.npy'), encodeNpy(new Float32Array(9), [1, 3, 3]));
  const file = await open(place);
  const [table] = file.responses;
  if (table?.kind !== 'table') throw new Error('a table was expected');
  await expect(table.read(0, 5)).rejects.toThrow(
    'data/responses/2.npy has 2 responses; expected 3, as data/responses/0.npy has',
  );
  await expect(file.images[0]!.read(0, 3)).rejects.toThrow(
    'data/images/1.npy has the shape (1, 3, 3) and the type f4; expected (1, 4, 6) and f4',
  );
  await rename(path.join(place, 'data/images/1.npy'), path.join(place, 'data/images/9.npy'));
  const { images } = await open(place);
  await expect(images[0]!.read(0, 3)).rejects.toThrow('data/images/1.npy is missing');
  await rm(path.join(place, 'data/images/9.npy'));
  await expect(open(place)).rejects.toThrow(
    `${place}: meta/trials/tiers.npy has 8 trials, and data/images has 7 files; expected as many`,
  );
  await rm(path.join(place, 'meta/trials/tiers.npy'));
  await expect(open(place)).rejects.toThrow('meta/trials/tiers.npy is missing');
});

test('videos, as in Sensorium 2023, are rejected by name', async () => {
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'data/videos'), { recursive: true });
  await writeFile(
    path.join(folder, 'data/videos/0.npy'),
    encodeNpy(new Float32Array(8), [2, 2, 2]),
  );
  await expect(open(folder)).rejects.toThrow(
    'it holds videos, as Sensorium 2023 does, which are not read; expected images, as in Sensorium 2022',
  );
});
