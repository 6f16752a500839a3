import path from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.js';
import { openBackend } from '../../src/network/backends/open.js';
import { makeModel } from '../../training/random-model/random-model-command.js';
import { pageTest } from '../support/browser.js';
import { sharedFolder } from '../support/store.js';

/** Of the images of random models. */
const SIDE = 50;
const models = sharedFolder();

const { test, browsing } = pageTest(async () => {
  await openBackend('wasm');
  const out = path.join(models, 'seen');
  await makeModel({ architecture: 'attention_core', neurons: 4, colour: true, out, seed: 1 });
  return { MODELS_DIR: models };
});

/** Red, green and blue of each pixel of the stimulus on the page. */
async function shownStimulus(query: string) {
  const page = await browsing.open(query);
  await page.getByRole('img', { name: 'The stimulus, pixel by pixel' }).waitFor();
  return await page.evaluate<number[]>(
    `[...document.querySelector('canvas').getContext('2d').getImageData(0, 0, ${SIDE}, ${SIDE}).data]
      .filter((_, i) => i % 4 !== 3)`,
  );
}

test('a coloured stimulus is shown as the service renders it', async () => {
  const entry = { disc: { diameter: 30 }, colour: { space: 'rgb', direction: [1, -1, 0.5] } };
  const text = encodeURIComponent(JSON.stringify({ entry }));
  const seen = await shownStimulus(`?view=stimulus&neurons=2&stimulus=${text}`);
  const answer = await fetch(`${browsing.service.url}/v1/models/seen/stimuli`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: 'application/x-npy' },
    body: JSON.stringify(entry),
  });
  const { data, shape } = decodeNpy(new Uint8Array(await answer.arrayBuffer()));
  expect(shape).toEqual([1, SIDE, SIDE, 3]);
  expect(seen).toEqual(Array.from(data, (value) => Math.round(255 * value)));
  expect(browsing.complaints).toEqual([]);
});

test('an image file is sent and shown in colour, with the responses of the service', async () => {
  const colours = Uint8Array.from({ length: 3 * SIDE * SIDE }, (_, i) => (i * 31) % 256);
  const raw = { width: SIDE, height: SIDE, channels: 3 } as const;
  const file = await sharp(colours, { raw }).png().toBuffer();
  const page = await browsing.open('?view=stimulus&neurons=2');
  await page
    .getByLabel('Or drop an image here')
    .setInputFiles({ name: 'seen.png', mimeType: 'image/png', buffer: file });
  await expect.poll(() => page.url()).toContain('seen.png');
  const answer = await fetch(`${browsing.service.url}/v1/models/seen/responses`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: new Uint8Array(file),
  });
  const { responses } = (await answer.json()) as { responses: number[][] };
  const output = page.getByLabel('Response of neuron 2');
  await expect.poll(() => output.innerText()).toBe(responses[0]![2]!.toFixed(3));
  const query = new URL(page.url()).search;
  expect(await shownStimulus(query)).toEqual([...colours]);
  expect(browsing.complaints).toEqual([]);
});

test('attention and gradient are drawn on a stimulus in colour', async () => {
  const entry = { disc: { diameter: 30 }, colour: { space: 'rgb', direction: [1, 0, 0] } };
  const text = encodeURIComponent(JSON.stringify({ entry }));
  const page = await browsing.open(`?view=inside&neurons=2&stimulus=${text}`);
  await page.getByRole('img', { name: /^Gradient of neuron 2: at most/ }).waitFor();
  const image = page.getByRole('img', { name: /^Attention of neuron 2 over/ });
  await image.waitFor();
  await page.getByText('The plotted value is the sum over red, green and blue.').waitFor();
  expect(browsing.complaints).toEqual([]);
});
