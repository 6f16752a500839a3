import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { randomStream } from '../../src/network/random.js';
import { expectAccessible, pageTest } from '../support/browser.js';
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

/** Writes a recording that has two arrays of responses, each of 3 neurons in 160 trials of 80 images. */
async function writeAmbiguous(): Promise<string[]> {
  const random = randomStream(1, 'ambiguous');
  const images = Uint8Array.from({ length: 80 * 24 ** 2 }, () => 256 * random.uniform());
  const trials = Int32Array.from({ length: 160 }, (_, trial) => trial % 80);
  const responses = () =>
    Float32Array.from({ length: 160 * 3 }, (_, i) => {
      return (trials[Math.floor(i / 3)]! % 7) + (i % 3) * random.uniform();
    });
  const arrays = {
    images: encodeNpy(images, [80, 24, 24]),
    image_of_trial: encodeNpy(trials, [160]),
    early: encodeNpy(responses(), [160, 3]),
    late: encodeNpy(responses(), [160, 3]),
  };
  const place = path.join(folder, 'ambiguous');
  await mkdir(place);
  const written = Object.entries(arrays).map(async ([name, bytes]) => {
    const file = path.join(place, `${name}.npy`);
    await writeFile(file, bytes);
    return file;
  });
  return Promise.all(written);
}

test('a recording that the service does not understand is explained, corrected, and corrected again', async () => {
  const page = await browsing.open('?view=new-model');
  await page.getByLabel(DROP).setInputFiles(await writeAmbiguous());
  const alert = page.getByRole('alert');
  await alert.getByText('several responses were found: 2; expected one of').waitFor();
  expect(await alert.innerText()).toContain('--responses late  (160 trials x 3 neurons)');
  await page.getByLabel('Condition on neurons').fill('speed > 1');
  await page.getByLabel('Responses: spikes, traces, or a table').fill('early');
  await page.getByRole('button', { name: 'Run it again' }).click();
  await alert.getByText("unknown column of the neurons: 'speed'").waitFor();
  await page.getByLabel('Condition on neurons').fill('');
  await page.getByRole('button', { name: 'Run it again' }).click();
  await page.getByText('early: 3 of 3 neurons').waitFor();
  await page.getByRole('img', { name: 'Ten images of the recording' }).waitFor();
  await page.getByRole('img', { name: /^Reliability of 3 neurons, sorted: median \d/ }).waitFor();
  const command = page.getByLabel('hypercolumn command');
  expect(await command.inputValue()).toMatch(/^hypercolumn ingest .* --responses early/);
  const [first] = await datasets();
  await expectAccessible(page);

  await page.reload();
  await page.getByText('Correct it').click();
  const responses = page.getByLabel('Responses: spikes, traces, or a table');
  expect(await responses.locator('option').allInnerTexts()).toEqual([
    'as the service finds them',
    'early',
    'late',
  ]);
  await responses.selectOption('late');
  await page.getByLabel('from', { exact: true }).fill('40');
  await page.getByText('Fill both fields, or none.').waitFor();
  await page.getByLabel('Exchange rows and columns of the images').check();
  await page.getByRole('button', { name: 'Run it again' }).click();
  await page.getByText('late: 3 of 3 neurons').waitFor();
  await expect.poll(async () => (await datasets()).includes(first!)).toBe(false);
  expect(await datasets()).toHaveLength(1);
  expect(await command.inputValue()).toContain('--transpose');
  expect(unexpected()).toEqual([]);
});

async function datasets(): Promise<string[]> {
  const answer = await fetch(`${browsing.service.url}/v1/datasets`);
  const body = (await answer.json()) as { datasets: { digest: string }[] };
  return body.datasets.map(({ digest }) => digest);
}
