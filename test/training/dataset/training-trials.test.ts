import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { decodeNpy } from '../../../src/formats/npy.js';
import { openData } from '../../../training/dataset/open-data.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import { newDataset } from '../../support/datasets.js';
import { SIDE, writeSmallSite } from '../../support/sites.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();

test('of a dataset the trials of a training image are their median, of four files 1', async () => {
  await writeSmallSite(folder, 8, 4);
  const { data } = decodeNpy(await readFile(path.join(folder, 'train_img_small.npy')));
  // Training images with 1, 3, 3, 3 and 9 trials; each of the validation images has 5.
  const counts = [1, 5, 3, 5, 3, 5, 3, 9];
  const trialImages = counts.flatMap((count, image) => Array<number>(count).fill(image));
  const place = path.join(folder, 'dataset');
  await writeDataset(
    place,
    newDataset({
      images: Uint8Array.from(data),
      size: { height: SIDE, width: SIDE, channels: 1, white: 255 },
      neurons: 1,
      parts: counts.map((count) => (count === 5 ? 'validation' : 'train')),
      trials: Float32Array.from(trialImages, (image, trial) => image + trial / 100),
      trialImages: Int32Array.from(trialImages),
    }),
  );
  const countTrials = async (where: Parameters<typeof openData>[0]) => {
    const { site, trainingTrials } = await openData(where, { allowFew: true });
    await site.close();
    return trainingTrials;
  };
  expect(await countTrials({ data: place })).toBe(3);
  expect(await countTrials({ data: folder, site: 'small' })).toBe(1);
});
