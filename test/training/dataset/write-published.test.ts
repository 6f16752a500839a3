import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sha256 } from '../../../src/files/whole-file.js';
import { decodeNpy } from '../../../src/formats/npy.js';
import { openDataset } from '../../../training/dataset/open-dataset.js';
import { type NewDataset, writeDataset } from '../../../training/dataset/write-dataset.js';
import { publishedDigests, writePublished } from '../../../training/dataset/write-published.js';
import { temporaryFolder } from '../../support/store.js';

const { NaN: none } = Number;

/** Five images of 1x2 pixels, two neurons, and trials in mixed order. */
function made(parts: NewDataset['parts']): NewDataset {
  return {
    card: {
      name: 'x',
      images: {
        ...{ count: 5, height: 1, width: 2, channels: 1, white: 255, degreesPerImage: null },
        changes: [],
      },
      neurons: [
        { id: 'a', reliability: null },
        { id: 'b', reliability: null },
      ],
      responses: { unit: 'spikes/s', window: null, baseline: null },
      splitRule: 'given',
      dropped: [],
      source: { format: 'test', images: 'i', presentations: null, responses: 'r', files: [] },
      notes: [],
      command: 'test',
    },
    images: (async function* () {
      yield Uint8Array.of(0, 1, 10, 11, 20, 21);
      yield Uint8Array.of(30, 31, 40, 41);
    })(),
    parts,
    trials: Float32Array.of(1, 2, 3, 4, 5, none, 7, 8, 9, 10, 11, 12),
    trialImages: Int32Array.of(1, 0, 1, 3, 2, 4),
  };
}

async function readAll(folder: string) {
  const arrays: Record<string, unknown> = {};
  for (const name of (await readdir(folder)).toSorted()) {
    const { shape, data } = decodeNpy(await readFile(path.join(folder, name)));
    arrays[name] = [[...shape], [...data]];
  }
  return arrays;
}

test('parts become files of their own, with repeats of validation images', async () => {
  const folder = path.join(await temporaryFolder(), 'site');
  await writePublished(folder, made(['train', 'validation', 'test', 'validation', 'train']));
  expect(await readAll(folder)).toEqual({
    'trainRsp_site.npy': [
      [2, 2],
      [3, 4, 11, 12],
    ],
    'train_img_site.npy': [
      [2, 1, 2],
      [0, 1, 40, 41],
    ],
    'valRspRepeats_site.npy': [
      [2, 2, 2],
      [1, 2, 7, 8, 5, none, none, none],
    ],
    'valRsp_site.npy': [
      [2, 2],
      [3, 2, 7, 8],
    ],
    'val_img_site.npy': [
      [2, 1, 2],
      [10, 11, 30, 31],
    ],
  });
});

test('without repeats there is no file of them, and both parts are needed', async () => {
  const folder = path.join(await temporaryFolder(), 'site');
  await writePublished(folder, made(['validation', 'train', 'train', 'train', 'train']));
  expect(Object.keys(await readAll(folder))).toEqual([
    'trainRsp_site.npy',
    'train_img_site.npy',
    'valRsp_site.npy',
    'val_img_site.npy',
  ]);
  const parts = ['train', 'train', 'train', 'test', 'train'] as const;
  await expect(writePublished(`${folder}2`, made(parts))).rejects.toThrow(
    'there are no validation images; expected some of both parts',
  );
  await expect(writePublished(folder, made(['validation', ...parts.slice(1)]))).rejects.toThrow(
    'is there already; expected a new folder',
  );
});

test('the digests of a dataset are those of the files that it would become', async () => {
  const folder = await temporaryFolder();
  const parts = ['train', 'validation', 'test', 'validation', 'train'] as const;
  await writePublished(path.join(folder, 'site'), made(parts));
  await writeDataset(path.join(folder, 'dataset'), made(parts));
  const dataset = await openDataset(path.join(folder, 'dataset'));
  onTestFinished(() => dataset.close());
  const digest = async (name: string) => sha256(await readFile(path.join(folder, 'site', name)));
  expect(await publishedDigests(dataset)).toEqual({
    val_img: await digest('val_img_site.npy'),
    valRsp: await digest('valRsp_site.npy'),
  });
});
