import { expect } from 'vitest';
import { expectAccessibleEverywhere, pageTest } from '../support/browser.js';

const { test, browsing } = pageTest();

test('a word leads through the search to its page, which asks no other server', async () => {
  const page = await browsing.open('guide');
  await page.getByRole('heading', { name: 'Digital twins of recorded neurons' }).waitFor();
  await page.getByRole('button', { name: 'Search' }).first().click();
  await page.locator('#localsearch-input').fill('haproxy');
  await page.getByRole('option').first().click();
  await page.locator('#localsearch-input').waitFor({ state: 'detached' });
  await page
    .locator('.vp-doc')
    .getByText(/haproxy/i)
    .first()
    .waitFor();
  expect(page.url()).toMatch(/\/guide\/\w+\.html/);
  expect(browsing.complaints).toEqual([]);
});

test('the API reference is reached from the page, and its links lead on', async () => {
  const page = await browsing.open();
  await page.getByRole('link', { name: 'guide', exact: true }).click();
  await page.getByRole('link', { name: 'API reference' }).click();
  await page.getByRole('link', { name: 'POST /v1/models/{model}/responses', exact: true }).click();
  await page.getByRole('heading', { name: 'Stimuli in, responses out' }).waitFor();
  expect(page.url()).toMatch(/\/guide\/api-responses\.html#respond$/);
  await page.getByRole('link', { name: 'Responses', exact: true }).first().click();
  await page.locator('#responses').waitFor();
  expect(browsing.complaints).toEqual([]);
  await page.getByRole('link', { name: 'Try requests' }).first().click();
  await page.getByRole('heading', { name: /Hypercolumn/ }).waitFor();
  expect(page.url()).toMatch(/\/docs$/);
});

test('a reload and an unknown address show pages of the guide', async () => {
  const page = await browsing.open('guide/jobs.html#limits');
  await page.reload();
  await page.getByRole('heading', { name: 'Limits' }).waitFor();
  expect(browsing.complaints).toEqual([]);
  await page.goto(`${browsing.service.url}/guide/nothing.html`);
  await page.getByText('PAGE NOT FOUND').waitFor();
  await page.getByRole('link', { name: /home/i }).click();
  await page.getByRole('heading', { name: 'Digital twins of recorded neurons' }).waitFor();
});

test('the guide is accessible, and as wide as the window', async () => {
  // Colours that change slowly would be measured on their way.
  const page = await browsing.open('guide/jobs.html', { reducedMotion: 'reduce' });
  await page.getByRole('heading', { level: 1 }).waitFor();
  await expectAccessibleEverywhere(page);
  await page.goto(`${browsing.service.url}/guide/`);
  await expectAccessibleEverywhere(page);
});
