import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { copyModel } from '../../bench/copy-model.js';
import { expectAccessible, pageTest } from '../support/browser.js';
import { sharedFolder } from '../support/store.js';

const folder = sharedFolder();
const name = (index: number) => `site-${String(index).padStart(3, '0')}`;

const { test, browsing } = pageTest(async () => {
  const models = path.join(folder, 'models');
  await mkdir(models, { recursive: true });
  const names = Array.from({ length: 120 }, (_, i) => name(i));
  await copyModel('models/demo/1', models, names);
  return { MODELS_DIR: models, PRELOAD: 'none' };
});

test('of many models the page shows the first, and finds another by a part of its name', async () => {
  const page = await browsing.open();
  const field = page.getByRole('combobox', { name: 'Model', exact: true });
  await page.getByRole('row').nth(1).waitFor();
  expect(await field.inputValue()).toBe('site-000/1');
  await field.click();
  await page.getByText('108 more: type to narrow the list').waitFor();
  await field.fill('SITE-11');
  const found = page.getByRole('listbox', { name: 'Model: models found' }).getByRole('option');
  await expect
    .poll(() => found.allInnerTexts())
    .toEqual(Array.from({ length: 10 }, (_, i) => `${name(110 + i)}/1`));
  await expectAccessible(page);
  await field.press('ArrowDown');
  await field.press('ArrowDown');
  await field.press('Enter');
  await expect.poll(() => page.url()).toContain('model=site-112%2F1');
  await expect.poll(() => field.inputValue()).toBe('site-112/1');
  await page.getByRole('row').nth(1).waitFor();
  await page.goBack();
  await expect.poll(() => field.inputValue()).toBe('site-000/1');
  expect(browsing.complaints).toEqual([]);
});

test('an address with a model that is far down the list shows that model', async () => {
  const page = await browsing.open('?model=site-077');
  const field = page.getByRole('combobox', { name: 'Model', exact: true });
  await expect.poll(() => field.inputValue()).toBe('site-077/1');
  await field.fill('nothing');
  await page.getByText('No model matches.').waitFor();
  await field.press('Escape');
  await page.getByText('No model matches.').waitFor({ state: 'hidden' });
  expect(await field.inputValue()).toBe('site-077/1');
  expect(browsing.complaints).toEqual([]);
});

test('another of many models is added to a comparison', async () => {
  const page = await browsing.open('?view=tuning');
  const group = page.getByRole('group', { name: 'Compare with' });
  const field = group.getByRole('combobox', { name: 'Add a model' });
  await field.fill('site-042');
  await page.getByRole('option', { name: 'site-042/1' }).click();
  await expect.poll(() => group.getByLabel('site-042/1').isChecked()).toBe(true);
  expect(browsing.complaints).toEqual([]);
});
