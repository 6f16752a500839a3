import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { expectAccessible, pageTest } from '../support/browser.js';

const { test, browsing } = pageTest();

async function start(kind: string, request: object): Promise<string> {
  const answer = await fetch(`${browsing.service.url}/v1/models/demo/${kind}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
  expect(answer.status).toBe(202);
  const { id } = (await answer.json()) as { id: string };
  return id;
}

function jobUrl(id: string): string {
  return `${browsing.service.url}/v1/jobs/${id}`;
}

test('The list follows a job to its result, which is downloaded as the service has it', async () => {
  const page = await browsing.open('?view=jobs');
  await page.getByText('No jobs yet.').waitFor();
  const id = await start('preferred-stimulus', { neurons: '2', restarts: 1, steps: 20 });
  await page.reload();
  const row = page.getByRole('row', { name: /^preferred-stimulus demo\/1/ });
  await row.getByText('succeeded in').waitFor();
  const name = 'preferred-stimuli.json';
  const button = row.getByRole('button', { name: `Download ${name}` });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  expect(download.suggestedFilename()).toBe(name);
  const result = await fetch(`${jobUrl(id)}/result?part=${name}`);
  expect(readFileSync(await download.path(), 'utf8')).toBe(await result.text());
  await expectAccessible(page);
  await row.getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No jobs yet.').waitFor();
  expect((await fetch(jobUrl(id))).status).toBe(404);
  expect(browsing.complaints).toEqual([]);
});

test('A running job is cancelled from the list', async () => {
  const id = await start('preferred-stimulus', { neurons: '2', steps: 2000 });
  const page = await browsing.open('?view=jobs');
  const row = page.getByRole('row', { name: /^preferred-stimulus demo\/1/ });
  await row.getByRole('button', { name: 'Cancel' }).click();
  await row.getByText('cancelled').waitFor();
  expect(await (await fetch(jobUrl(id))).json()).toMatchObject({ state: 'cancelled' });
  expect(browsing.complaints).toEqual([]);
});
