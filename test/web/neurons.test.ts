import type { Page, Request } from 'playwright-core';
import { expect } from 'vitest';
import { measureNeurons, pageTest } from '../support/browser.js';

const { test, browsing } = pageTest();

type Indices = Readonly<Record<string, { readonly value: number }>>;

test('the first view has the card as text and a row for each neuron, measured as the page shows it', {
  timeout: 150_000,
}, async () => {
  const page = await browsing.open();
  const card = page.getByRole('region', { name: "The model's card" });
  expect(await card.innerText()).toContain('16 neurons of the site synthetic');
  const rows = page.getByRole('row');
  const last = page.getByRole('img', { name: 'Orientation tuning of neuron 15' });
  await last.waitFor({ timeout: 120_000 });
  await page.getByText(/^Quick measurement: \d+ of 16 neurons/).waitFor({ state: 'detached' });
  expect(await rows.count()).toBe(17);
  // The numbers come from the card and the responses of the model, not from the page.
  const demo = await (await fetch(`${browsing.service.url}/v1/models/demo`)).json();
  const { id, CORR } = (demo as { neurons: { id: number; CORR: number }[] }).neurons[3]!;
  const third = page.getByRole('row').filter({ has: page.getByLabel(`Choose neuron ${id}`) });
  expect(await third.innerText()).toContain(CORR.toFixed(3));
  const asked = await fetch(`${browsing.service.url}/v1/models/demo/quick-measurement`);
  const { neurons } = (await asked.json()) as {
    neurons: { indices: { gOSI: { value: number } } }[];
  };
  const { gOSI } = neurons[3]!.indices;
  expect(await third.innerText()).toContain(gOSI.value.toFixed(3));
  expect(await third.innerText()).toContain('quick measurement');
  expect(browsing.complaints).toEqual([]);
});

/** The quick measurements that a page requests during a task. */
async function measured(page: Page, task: () => Promise<unknown>): Promise<(string | null)[]> {
  const asked: (string | null)[] = [];
  const note = (request: Request) => {
    if (request.method() === 'POST' && /quick-measurement|tuning|field/.test(request.url()))
      asked.push(request.postData());
  };
  page.on('request', note);
  await task();
  page.off('request', note);
  return asked;
}

test('measured rows are not measured again when the page is loaded again', async () => {
  await measureNeurons(browsing);
  const page = await browsing.open();
  await page.getByText('quick measurement', { exact: true }).nth(15).waitFor();
  const again = await measured(page, async () => {
    await page.reload();
    await page.getByText('quick measurement', { exact: true }).nth(15).waitFor();
  });
  expect(again).toEqual([]);
  expect(browsing.complaints).toEqual([]);
});

test('a neuron with a stored full characterization shows that and is not measured quickly', async () => {
  await measureNeurons(browsing);
  const { url } = browsing.service;
  const started = await fetch(`${url}/v1/models/demo/characterize`, {
    method: 'POST',
    body: JSON.stringify({ neurons: [5] }),
  });
  const { id } = (await started.json()) as { id: string };
  await (await fetch(`${url}/v1/jobs/${id}/events`)).text();
  const result = await fetch(`${url}/v1/jobs/${id}/result`);
  const [full] = ((await result.json()) as { neurons: { indices: Indices }[] }).neurons;
  const page = await browsing.open();
  const row = page.getByRole('row').filter({ has: page.getByLabel('Choose neuron 5') });
  await row.getByText('full characterization', { exact: true }).waitFor();
  expect(await row.innerText()).toContain(full!.indices['F1F0']!.value.toFixed(2));
  await row.getByTitle(/^at \d.*cycles\/pixel, Michelson contrast/).waitFor();
  await page.getByText('quick measurement', { exact: true }).nth(14).waitFor();
  await page.getByText(/^Full characterization: .* Quick measurement: /).waitFor();
  await fetch(`${url}/v1/jobs/${id}`, { method: 'DELETE' });
  expect(browsing.complaints).toEqual([]);
});

test('the table is sorted and filtered, and the address has both', async () => {
  const page = await browsing.open();
  const ids = async () => page.getByRole('rowheader').allInnerTexts();
  await page.getByRole('button', { name: 'id', exact: true }).click();
  await expect.poll(ids).toEqual(Array.from({ length: 16 }, (_, i) => String(15 - i)));
  await page.getByRole('button', { name: 'id', exact: true }).click();
  await expect.poll(async () => (await ids())[0]).toBe('0');
  await page.getByLabel('CORR at least, as a number').fill('0.86');
  await page.getByLabel('CORR at least, as a number').press('Enter');
  await expect.poll(async () => (await ids()).length).toBeLessThan(16);
  const left = await ids();
  await expect.poll(() => page.url()).toContain('leastCORR=0.86');
  await page.reload();
  await expect.poll(ids).toEqual(left);
  await page.getByLabel('id begins with').fill('99');
  await page.getByText('No neuron matches').waitFor();
  expect(browsing.complaints).toEqual([]);
});

test('the site map has a line for each receptive field, and a click selects the neuron', async () => {
  await measureNeurons(browsing);
  const page = await browsing.open();
  const map = page.getByRole('img', { name: /^Receptive fields of 16 neurons/ });
  await map.waitFor();
  const vectors = map.locator('[data-mark="vector"] path');
  await expect.poll(() => vectors.count()).toBe(16);
  // This field is not covered by another one.
  await map.locator('.pick').last().click();
  await expect.poll(() => new URL(page.url()).searchParams.get('neurons')).not.toBeNull();
  const chosen = new URL(page.url()).searchParams.get('neurons');
  expect(await page.getByLabel(`Choose neuron ${chosen}`).isChecked()).toBe(true);
  expect(browsing.complaints).toEqual([]);
});

test('the full characterization can be run and cancelled', async () => {
  const page = await browsing.open();
  await page.getByRole('button', { name: 'Run the full characterization' }).click();
  await page.getByText(/^Full characterization: [\d,]+ of [\d,]+ stimuli/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Run the full characterization' }).waitFor();
  const { jobs } = (await (await fetch(`${browsing.service.url}/v1/jobs`)).json()) as {
    jobs: { kind: string; state: string }[];
  };
  expect(jobs).toMatchObject([{ kind: 'characterize', state: 'cancelled' }]);
  expect(browsing.complaints).toEqual([]);
});

test('the table can be downloaded as CSV and as the command that made it', async () => {
  await measureNeurons(browsing);
  const page = await browsing.open();
  await page.getByRole('img', { name: /^Receptive fields of 16 neurons/ }).waitFor();
  const table = page.locator('figure', {
    has: page.getByRole('heading', { name: /of 16 neurons/ }),
  });
  await table.getByText('Download', { exact: true }).click();
  const download = page.waitForEvent('download');
  await table.getByRole('button', { name: 'CSV' }).click();
  const stream = await (await download).createReadStream();
  const lines = (await new Response(ReadableStream.from(stream)).text()).trimEnd().split('\n');
  expect(lines).toHaveLength(17);
  expect(lines[0]).toMatch(/^neuron,CORR,PT_J,PT_S,gOSI,preferredOrientation/);
  const curl = await table.getByLabel('curl command').first().inputValue();
  expect(curl).toContain(`${browsing.service.url}/v1/models/demo/versions/1/quick-measurement`);
  const panel = table.getByRole('button', { name: 'CSV' });
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'hidden' });
  await page.keyboard.press('Enter'); // the focus is on Download again
  await panel.waitFor();
  await page.getByRole('heading', { level: 1 }).click({ trial: true });
  await page.mouse.click(4, 300);
  await panel.waitFor({ state: 'hidden' });
  expect(browsing.complaints).toEqual([]);
});
