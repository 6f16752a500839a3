import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { pageTest } from '../support/browser.js';

/** The longest names that are allowed. */
const LONG_NAME = 'a-site-with-a-long-name-'.repeat(3).slice(0, 64);
let models = '';

const { test, browsing } = pageTest(async () => {
  models = await mkdtemp(path.join(tmpdir(), 'hypercolumn-models-'));
  const folder = path.join(models, LONG_NAME, '1');
  await cp('models/demo/1', folder, { recursive: true });
  const card = path.join(folder, 'card.json');
  const text = await readFile(card, 'utf8');
  await writeFile(card, text.replace('"name": "demo"', `"name": "${LONG_NAME}"`));
  return { MODELS_DIR: models };
});
afterAll(() => rm(models, { recursive: true, force: true }));

/** The elements that reach beyond the right edge of the window and are not clipped by a parent. */
const OVERHANGING = `(() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll('#page *')]
    .filter((each) => each.getBoundingClientRect().right > width + 1)
    .map((each) => each.tagName + '.' + each.className)
    .slice(0, 5);
})()`;

for (const width of [1440, 768, 390]) {
  test(`long names widen no view at ${width} pixels`, async () => {
    const viewport = { width, height: 900 };
    const page = await browsing.open('?view=stimulus', { viewport });
    await page.getByLabel('Or drop an image here').setInputFiles('docs/example.png');
    await page.getByLabel('Set', { exact: true }).waitFor();
    await page.evaluate(
      `for (const option of document.querySelectorAll('option')) option.textContent += '${'x'.repeat(120)}';`,
    );
    expect(await page.evaluate(OVERHANGING)).toEqual([]);
    const panel = await page.getByLabel('Choose a stimulus').boundingBox();
    const picture = await page
      .getByRole('img', { name: 'The stimulus, pixel by pixel' })
      .boundingBox();
    const apart = picture!.x >= panel!.x + panel!.width || picture!.y >= panel!.y + panel!.height;
    expect(apart).toBe(true);
    for (const view of ['neurons', 'tuning', 'inside', 'jobs']) {
      const other = await browsing.open(`?view=${view}`, { viewport });
      await other.getByRole('heading', { level: 2 }).first().waitFor();
      expect([view, await other.evaluate(OVERHANGING)]).toEqual([view, []]);
    }
  });
}
