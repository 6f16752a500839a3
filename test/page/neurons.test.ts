import { expect } from 'vitest';
import { pageTest } from '../support/browser.js';

const { test, browsing } = pageTest();

test('the first view: the card in words, a row for each neuron, measured as one looks', async () => {
  const page = await browsing.open();
  const card = page.getByRole('region', { name: "The model's card" });
  expect(await card.innerText()).toContain('16 neurons of the site synthetic');
  const rows = page.getByRole('row');
  await page.getByRole('img', { name: 'Orientation tuning of neuron 13' }).waitFor();
  expect(await rows.count()).toBe(17);
  // the model's own card and answers, not numbers of the page
  const demo = await (await fetch(`${browsing.service.url}/v1/models/demo`)).json();
  const { id, CORR } = (demo as { neurons: { id: number; CORR: number }[] }).neurons[3]!;
  const third = page.getByRole('row').filter({ has: page.getByLabel(`Choose neuron ${id}`) });
  expect(await third.innerText()).toContain(CORR.toFixed(3));
  const asked = await fetch(`${browsing.service.url}/v1/models/demo/tuning/parametric?neurons=3`, {
    method: 'POST',
  });
  const { neurons } = (await asked.json()) as {
    neurons: { indices: { gOSI: { value: number } } }[];
  };
  expect(await third.innerText()).toContain(neurons[0]!.indices.gOSI.value.toFixed(3));
  expect(browsing.complaints).toEqual([]);
});

test('the table is sorted and filtered, and the address holds both', async () => {
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
  await page.getByText('No neuron is left').waitFor();
  expect(browsing.complaints).toEqual([]);
});

test('the site map has a line for each receptive field, and chooses the neuron that is pressed', async () => {
  const page = await browsing.open();
  const map = page.getByRole('img', { name: /^Receptive fields of 16 neurons/ });
  await map.waitFor();
  const vectors = map.locator('[data-mark="vector"] path');
  await expect.poll(() => vectors.count()).toBe(16);
  // the one that no other lies on
  await map.locator('.pick').last().click();
  await expect.poll(() => new URL(page.url()).searchParams.get('neurons')).not.toBeNull();
  const chosen = new URL(page.url()).searchParams.get('neurons');
  expect(await page.getByLabel(`Choose neuron ${chosen}`).isChecked()).toBe(true);
  expect(browsing.complaints).toEqual([]);
});

test('the whole battery is run, and cancelled', async () => {
  const page = await browsing.open();
  await page.getByRole('button', { name: 'Run the whole battery' }).click();
  await page.getByText(/^The whole battery: [\d,]+ of [\d,]+ stimuli/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Run the whole battery' }).waitFor();
  const { jobs } = (await (await fetch(`${browsing.service.url}/v1/jobs`)).json()) as {
    jobs: { kind: string; state: string }[];
  };
  expect(jobs).toMatchObject([{ kind: 'characterize', state: 'cancelled' }]);
  expect(browsing.complaints).toEqual([]);
});

test('the table is taken away as CSV, and as the command that made it', async () => {
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
  expect(curl).toContain(`${browsing.service.url}/v1/models/demo/versions/1/tuning/parametric`);
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
