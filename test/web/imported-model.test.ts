import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { NetworkDescription } from '../../src/imports/description.js';
import { importNetwork } from '../../src/imports/import-network.js';
import { expectAccessible, pageTest } from '../support/browser.js';
import { linear, writeNetwork } from '../support/networks.js';

const ENTRY = fileURLToPath(new URL('../../dist/src/imports/measuring-worker.js', import.meta.url));

let folder = '';

const { test, browsing } = pageTest(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-imported-'));
  const file = await writeNetwork(path.join(folder, 'net.onnx'), {
    shape: ['batch', 1, 24, 24],
    build: (graph, image) => linear(graph, image, 24 * 24),
  });
  const description = NetworkDescription.parse({ source: 'our lab', license: 'CC0' });
  await importNetwork({ file, description, out: path.join(folder, 'net') }, { entry: ENTRY });
  return { MODELS_DIR: folder };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the page says what an imported network does not show, and shows no error', async () => {
  const page = await browsing.open('?view=inside&neurons=1');
  await page.getByText('what its readout adds up, and whether it has attention').waitFor();
  await page.getByText('net/1 was imported without its gradient').waitFor();
  await page.getByText('The search uses responses alone (CMA-ES)').waitFor();
  expect(await page.getByText('Try again').count()).toBe(0);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Find it' }).click();
  await page.getByText('took 60 generations of CMA-ES with the seed 1.').waitFor();
  expect(browsing.complaints).toEqual([]);
});

test('the page has the source, the license and the tuning of an imported network', async () => {
  const page = await browsing.open('?view=neurons');
  await page.getByText('Source: our lab. License: CC0.').waitFor();
  await page.getByRole('button', { name: 'Run the full characterization' }).waitFor();
  expect(browsing.complaints).toEqual([]);
  const tuning = await browsing.open('?view=tuning&neurons=1');
  await tuning.getByText('Orientation tuning, polar').waitFor();
  expect(browsing.complaints).toEqual([]);
});
