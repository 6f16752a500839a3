import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';

/** Views of the page, and what shows that one is there. */
const VIEWS: readonly {
  readonly name: string;
  readonly query: string;
  /** @param files of a recording */
  readonly there: (page: Page, files: readonly string[]) => Promise<void>;
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
  {
    name: 'new-model',
    query: '?view=new-model',
    there: async (page, files) => {
      await page.getByLabel('Drop the files of a recording here').setInputFiles([...files]);
      await page.getByRole('button', { name: 'Train', exact: true }).waitFor({ timeout: 300_000 });
      await page.getByRole('img', { name: /^Ten images/ }).waitFor();
    },
  },
];
const SIZE = { width: 1440, height: 900 };

/**
 * Saves a PNG of each view, as wide as on a desk.
 * @param recording the folder of the .npy files that *New model* takes
 */
export async function takePictures(
  browser: Browser,
  url: string,
  folder: string,
  recording: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(recording)).filter((name) => name.endsWith('.npy'));
  const files = names.map((name) => path.join(recording, name));
  for (const { name, query, there } of VIEWS) {
    const page = await browser.newPage({ viewport: SIZE, colorScheme: 'light' });
    await page.goto(`${url}/${query}`);
    await there(page, files);
    const picture = await page.screenshot();
    await page.close();
    // The page has few colours.
    const png = await sharp(picture).png({ palette: true, effort: 10 }).toBuffer();
    await writeFile(path.join(folder, `${name}.png`), png);
  }
}
