import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { readModel, readWeights, saveEnsemble } from '../../src/models/saved-model.js';
import { pageTest } from '../support/browser.js';

/** What the members make of the readout of the demo model: their mean is the demo model. */
const SCALES = [0.7, 1, 1.3];

let folder = '';

const { test, browsing } = pageTest(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-ensemble-'));
  const demo = await readModel('models/demo/1');
  const { formatVersion: _, name: __, version: ___, weights: ____, ...card } = demo.card;
  const weights = await readWeights(demo);
  const members = SCALES.map((scale) => ({
    training: card.training,
    weights: new Map(
      [...weights].map(([name, { shape, data }]) => [
        name,
        name === 'readout.weight'
          ? { shape, data: data.map((value) => value * scale) }
          : { shape, data },
      ]),
    ),
  }));
  const interval = { factor: 1, images: 100 };
  const calibration = {
    split: 'heldout' as const,
    images: 100,
    intervals: [
      { ...interval, nominal: 0.8 as const, covered: 0.7934 },
      { ...interval, nominal: 0.95 as const, covered: 0.9473 },
    ],
    residual: card.neurons.map(() => 1),
  };
  await saveEnsemble(path.join(folder, 'joined'), { ...card, calibration }, members);
  return { MODELS_DIR: folder };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the curves of an ensemble have bands, and its indices the values of the members', async () => {
  const page = await browsing.open('?view=tuning&neurons=2,3');
  await page.getByText('standard deviation of the members').first().waitFor();
  const bands = page.locator('[data-mark="area"] path');
  expect(await bands.count()).toBe(2);
  await page
    .getByText(/members: .* to /)
    .first()
    .waitFor();
  expect(browsing.complaints).toEqual([]);
});

test('the table of neurons has the interval of the members', async () => {
  const page = await browsing.open('?view=neurons');
  await page.getByText('It is an ensemble of 3 such models').waitFor();
  await page.getByText('for 80 and 95 % of responses cover 79.3 and 94.7 % of').waitFor();
  const interval = page.locator('.interval').first();
  await interval.waitFor();
  expect(await interval.textContent()).toMatch(/^-?[\d.]+ to -?[\d.]+$/);
  expect(browsing.complaints).toEqual([]);
});
