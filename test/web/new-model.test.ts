import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { pageTest } from '../support/browser.js';
import { sharedFolder } from '../support/store.js';

const folder = sharedFolder();
// The models' folder is new: a first model is made.
const { test, browsing } = pageTest(async () => {
  const models = path.join(folder, 'models');
  await mkdir(models);
  return { ALLOW_TRAINING: '1', MODELS_DIR: models };
});

const DROP = 'Drop the files of a recording here, or choose them';
const PIECE = 8 * 2 ** 20;

/** Complaints other than that a connection was lost. */
const unexpected = () => browsing.complaints.filter((each) => !/ERR_FAILED/.test(each));

test('an upload that was cut goes on where it ended, after a lost connection and after a reload', async () => {
  const file = path.join(folder, 'long.nwb');
  await writeFile(file, randomBytes(3 * PIECE));
  const page = await browsing.open();
  await page.getByRole('link', { name: 'Make one of a recording.' }).click();
  const offsets: string[] = [];
  let cut: 'once' | 'always' | 'never' = 'never';
  await page.route('**/files/0', async (route) => {
    const offset = route.request().headers()['upload-offset']!;
    if (offset === '0' || cut === 'never') {
      offsets.push(offset);
      await route.continue();
    } else {
      if (cut === 'once') cut = 'never';
      await route.abort();
    }
  });
  cut = 'always';
  await page.getByLabel(DROP).setInputFiles(file);
  await page.getByText('The connection is lost. The page keeps trying.').waitFor();
  await page.getByText(/^Sending the files: 8.4 of 25.2 MB/).waitFor();
  await page.reload();
  await page.getByText('long.nwb: 8.39 MB of 25.2 MB are stored').waitFor();
  cut = 'once';
  await page.getByLabel(DROP).setInputFiles(file);
  await page.getByText('long.nwb, 25.2 MB').waitFor();
  expect(offsets).toEqual(['0', String(PIECE), String(2 * PIECE)]);
  expect(unexpected()).toEqual([]);
});
