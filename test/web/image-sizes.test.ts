import { expect } from 'vitest';
import { openBackend } from '../../src/network/backends/open.js';
import { pageTest } from '../support/browser.js';
import { saveRandomModel } from '../support/saved-models.js';
import { sharedFolder } from '../support/store.js';

const SIZE = { height: 48, width: 64 };
const models = sharedFolder();

const { test, browsing } = pageTest(async () => {
  await openBackend('wasm');
  await saveRandomModel(models, 'wide', 'ff_sa_cnn', SIZE);
  return { MODELS_DIR: models };
});

test.each([
  ['view=stimulus', [/^The stimulus, pixel by pixel/]],
  [
    'view=inside',
    [
      /^Attention of neuron 2 over the stimulus: .*; the centre is at row 4, column 6$/,
      /^Gradient of neuron 2: at most/,
    ],
  ],
  ['view=tuning&grating=same', [/^The grating, as the network sees it/]],
] as const)('?%s draws images of 48x64', async (query, labels) => {
  const page = await browsing.open(`?${query}&neurons=2`);
  for (const name of labels) {
    const image = page.getByRole('img', { name });
    await image.waitFor();
    const [height, width] = [image.getAttribute('height'), image.getAttribute('width')];
    expect([await height, await width]).toEqual([String(SIZE.height), String(SIZE.width)]);
    const box = (await image.boundingBox())!;
    // The image has a line of one pixel around it.
    expect((box.width - 2) / (box.height - 2)).toBeCloseTo(SIZE.width / SIZE.height, 1);
  }
  expect(browsing.complaints).toEqual([]);
});

test('a map of positions has the proportions of images of 48x64', async () => {
  const page = await browsing.open('?view=tuning&tuning=position&neurons=2');
  const map = page.getByRole('img', { name: /^Position map of neuron 2, all/ });
  const cells = map.locator('[data-mark=rect]');
  await cells.waitFor();
  expect(await cells.locator('rect').count()).toBe(21 * 21);
  const { width, height } = (await cells.boundingBox())!;
  expect(width / height).toBeCloseTo(SIZE.width / SIZE.height, 1);
  expect(browsing.complaints).toEqual([]);
});

test('neurons have receptive fields and a site map on images of 48x64', async () => {
  const page = await browsing.open('?view=neurons&neurons=2');
  await page.getByText('Stimuli are 48 x 64 gray pixels').waitFor();
  await page.getByRole('img', { name: /^Receptive fields of \d neurons? on the image/ }).waitFor();
  expect(browsing.complaints).toEqual([]);
});
