import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { TrainReport } from '../../src/datasets/train-request.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { randomStream } from '../../src/network/random.js';
import { expectAccessibleEverywhere, pageTest } from '../support/browser.js';
import { writeSmallSite } from '../support/sites.js';
import { sharedFolder } from '../support/store.js';
import { postJson, type Send, smallSite, upload } from '../support/training.js';

const folder = sharedFolder();
// The models' folder is new: a first model is made.
const { test, browsing } = pageTest(async () => {
  const models = path.join(folder, 'models');
  await mkdir(models);
  return { ALLOW_TRAINING: '1', MODELS_DIR: models };
});

const DROP = 'Drop the files of a recording here, or choose them';
const SITE_FILES = ['train_img', 'val_img', 'trainRsp', 'valRsp'];
const PIECE = 8 * 2 ** 20;

/** Complaints other than that a connection was lost. */
const unexpected = () => browsing.complaints.filter((each) => !/ERR_FAILED/.test(each));

test('an upload that was cut goes on where it ended, after a lost connection and after a reload', async () => {
  const file = path.join(folder, 'long.nwb');
  await writeFile(file, randomBytes(3 * PIECE));
  const page = await browsing.open('?view=new-model');
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
  const command = page.getByLabel('hypercolumn ingest command');
  expect(await command.inputValue()).toMatch(/^hypercolumn ingest .* --responses early/);
  await expect.poll(() => datasetIn(page)).not.toBeNull();
  const first = datasetIn(page);
  await expectAccessibleEverywhere(page);

  await page.reload();
  await page.getByText('Correct it', { exact: true }).click();
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
  await expect.poll(datasets).not.toContain(first);
  await expect.poll(() => datasetIn(page)).not.toBeNull();
  expect(await datasets()).toContain(datasetIn(page));
  expect(await command.inputValue()).toContain('--transpose');
  expect(unexpected()).toEqual([]);
});

test('a recording becomes a model with tuning curves, also where the page is closed in between', async () => {
  await writeSmallSite(path.join(folder, 'site'), 60, 20);
  const files = SITE_FILES.map((name) => path.join(folder, 'site', `${name}_small.npy`));
  const first = await browsing.open();
  const views = first.getByRole('navigation', { name: 'Views' }).getByRole('link');
  await first.getByText('No model is served yet.').waitFor();
  expect(await views.allInnerTexts()).toEqual(['Jobs', 'New model']);
  await first.getByRole('link', { name: 'Make one of a recording.' }).click();
  await first.getByLabel(DROP).setInputFiles(files);
  await first.getByText('60 training, 20 validation').waitFor();
  const later = first.url();
  const page = await browsing.open(new URL(later).search);
  const recipe = page.getByRole('radio', { name: /^rf_cnn .* 50 epochs about / });
  await recipe.check();
  expect(
    await page.getByRole('radio', { name: /^ff_cnn .*not for images of this/ }).isDisabled(),
  ).toBe(true);
  await page.getByLabel('Epochs', { exact: true }).fill('3');
  await page.getByLabel('Members', { exact: true }).fill('2');
  await page.getByText('The members are trained one after another').waitFor();
  await page.getByLabel('Name of the model').fill('bright cells');
  await page.getByText('It becomes version 1.').waitFor();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByRole('alert').getByText('name').waitFor();
  await page.getByLabel('Name of the model').fill('bright');
  await page.getByLabel('images held out of training').check();
  await page.getByText('Train nevertheless with').click();
  await page.getByLabel('Too few images for a meaningful CORR').check();
  await expectAccessibleEverywhere(page);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByText('bright/1 is trained').waitFor();
  const job = new URL(page.url()).searchParams.get('train');
  const result = await fetch(`${browsing.service.url}/v1/jobs/${job}/result`);
  const { neurons } = (await result.json()) as TrainReport;
  const best = neurons.toSorted((a, b) => b.CORR! - a.CORR!)[0]!;
  const row = page.getByRole('region', { name: 'CORR of each neuron' }).getByRole('row').nth(1);
  expect((await row.innerText()).split('\t').slice(0, 2)).toEqual([
    String(best.id),
    best.CORR!.toFixed(3),
  ]);
  await page
    .getByRole('img', {
      name: /^CORR on the images that choose .* after epoch 3 of member 2, rf_cnn/,
    })
    .waitFor();
  await page.getByText('member 1, rf_cnn, 3 neurons').waitFor();
  await expectAccessibleEverywhere(page);
  await page.getByRole('link', { name: 'Go to the neurons of bright/1' }).click();
  await page.getByRole('heading', { name: 'bright, version 1' }).waitFor();
  await page.getByRole('link', { name: 'Tuning' }).click();
  await page.getByRole('img', { name: /in polar coordinates/ }).waitFor();
  expect(unexpected().filter((each) => !/status of 422/.test(each))).toEqual([]);
});

test('a stored dataset is trained on again; datasets and recordings are deleted', async () => {
  const send: Send = (place, init) => fetch(browsing.service.url + place, init);
  const { digest } = await upload(send, await smallSite(path.join(folder, 'other')));
  const asked = await postJson(send, `/v1/recordings/${digest}/ingest`, {});
  const { id } = (await asked.json()) as { id: string };
  await (await send(`/v1/jobs/${id}/events`)).text();
  const page = await browsing.open('?view=new-model');
  const stored = page.getByRole('region', { name: 'What is stored' });
  await stored.getByRole('button', { name: 'Train a model: small' }).first().click();
  await page.getByText('The dataset small has').waitFor();
  await page
    .getByText(/^about [\d.]+ (s|min)$/)
    .first()
    .waitFor();
  await page.getByLabel('Epochs', { exact: true }).fill('2000');
  await page.getByText('Train nevertheless with').click();
  await page.getByLabel('Too few images for a meaningful CORR').check();
  await page.getByRole('radio', { name: /^rf_cnn / }).check();
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.getByRole('img', { name: /^Loss on the training images/ }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('The job was cancelled.').waitFor();
  const deletions = stored.getByRole('button', { name: /^Delete / });
  for (let left = await deletions.count(); left > 0; left--) {
    await deletions.first().click();
    await expect.poll(() => deletions.count()).toBe(left - 1);
  }
  await stored.getByText('No recordings are stored.').waitFor();
  expect(await datasets()).toEqual([]);
  expect(unexpected()).toEqual([]);
});

function datasetIn(page: Page): string | null {
  return new URL(page.url()).searchParams.get('dataset');
}

async function datasets(): Promise<string[]> {
  const answer = await fetch(`${browsing.service.url}/v1/datasets`);
  const body = (await answer.json()) as { datasets: { digest: string }[] };
  return body.datasets.map(({ digest }) => digest);
}
