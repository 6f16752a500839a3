import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';

/** Views of the page, and what shows that one is there. */
const VIEWS: readonly {
  readonly name: string;
  readonly query: string;
  readonly there: (page: Page) => Promise<void>;
}[] = [
  {
    name: 'stimulus',
    query: '?view=stimulus&neurons=9,4',
    there: async (page) => {
      await page.getByRole('img', { name: /^Responses of/ }).waitFor();
      // some responses for the trace
      for (let turn = 10; turn <= 160; turn += 5) {
        await page.getByRole('slider', { name: /^Orientation/ }).fill(String(turn));
        await page.waitForTimeout(80);
      }
    },
  },
  {
    name: 'tuning',
    query: '?view=tuning&neurons=4,9,12',
    there: (page) => page.getByRole('table', { name: 'Indices' }).waitFor({ timeout: 120_000 }),
  },
];
const SIZE = { width: 1440, height: 900 };

/** Saves a PNG of each view, as wide as on a desk. */
export async function takePictures(browser: Browser, url: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, query, there } of VIEWS) {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
    await page.goto(`${url}/${query}`);
    await there(page);
    const picture = await page.screenshot();
    await page.close();
    // The page has few colours.
    const png = await sharp(picture).png({ palette: true, effort: 10 }).toBuffer();
    await writeFile(path.join(folder, `${name}.png`), png);
  }
}
