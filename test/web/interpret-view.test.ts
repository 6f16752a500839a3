import { expect } from 'vitest';
import { short } from '../../src/web/parts/numbers.js';
import { pageTest } from '../support/browser.js';

const { test, browsing } = pageTest();

const ENTRY = { grating: { orientation: 30, contrast: 0.3 } };
const QUERY = `?view=inside&neurons=2,9&stimulus=${encodeURIComponent(JSON.stringify({ entry: ENTRY }))}`;

async function asked<T>(route: string): Promise<T> {
  const answer = await fetch(`${browsing.service.url}/v1/models/demo/${route}?neurons=2`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(ENTRY),
  });
  return (await answer.json()) as T;
}

test('attention, terms and gradient are those of the service', async () => {
  const page = await browsing.open(QUERY);
  const table = page.getByRole('table', { name: 'How widely and how far the centre attends' });
  await table.waitFor();
  const { entropy } = await asked<{ entropy: { values: number[][] } }>('attention');
  expect(await table.innerText()).toContain(short(entropy.values[0]![0]!));
  const terms = page.getByRole('img', { name: /^Terms of the response/ });
  const { readout } = await asked<{ readout: { centre: number[][] } }>('readout');
  expect(await terms.getAttribute('aria-label')).toContain(short(readout.centre[0]![0]!));
  const gradient = page.getByRole('img', { name: /^Gradient of neuron 2: at most/ });
  const { gradients } = await asked<{ gradients: number[][][][] }>('gradient');
  const largest = Math.max(...gradients[0]![0]!.flat().map(Math.abs));
  expect(await gradient.getAttribute('aria-label')).toContain(short(largest));
  expect(browsing.complaints).toEqual([]);
});

test('the search for a preferred stimulus is shown as it runs and found again by its address', async () => {
  const page = await browsing.open(QUERY);
  await page.getByLabel('Starting images, as a number').fill('2');
  await page.getByLabel('Starting images, as a number').press('Enter');
  await page.getByLabel('Steps, as a number').fill('20');
  await page.getByLabel('Steps, as a number').press('Enter');
  await page.getByRole('button', { name: 'Find it' }).click();
  const found = page.getByRole('region', { name: 'Preferred stimuli of neuron 2' });
  await found.waitFor();
  const job = new URL(page.url()).searchParams.get('job')!;
  const result = await fetch(`${browsing.service.url}/v1/jobs/${job}/result`);
  const { neurons } = (await result.json()) as {
    neurons: { best: number; stimuli: { response: number }[] }[];
  };
  const { best, stimuli } = neurons[0]!;
  expect(stimuli).toHaveLength(2);
  expect(await found.innerText()).toContain(short(stimuli[best]!.response));
  await page.goto(page.url());
  await found.waitFor();
  expect(browsing.complaints).toEqual([]);
});

test('a search can be cancelled, and the page says so', async () => {
  const page = await browsing.open(QUERY);
  await page.getByLabel('Steps, as a number').fill('600');
  await page.getByLabel('Steps, as a number').press('Enter');
  await page.getByRole('button', { name: 'Find it' }).click();
  const search = page.getByRole('region', { name: 'The search' });
  await search.getByRole('button', { name: 'Cancel' }).click();
  await page
    .getByText(/cancelled/i)
    .first()
    .waitFor();
  expect(browsing.complaints).toEqual([]);
});
