// The page in a real browser: `npm run bench:page`. How soon it shows the model's neurons, how much it
// loads for that, and how long a slider takes to change the picture and the responses; or pictures of it.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { type Browser, chromium, type Page } from 'playwright-core';
import { runCommand } from '../src/cli/run-command.js';
import { median, quantile } from './figures.js';
import { takePictures } from './page-pictures.js';
import { startService } from './running-service.js';

interface Options {
  readonly chromium: string;
  readonly loads: number;
  readonly moves: number;
  readonly pictures?: string;
  readonly recording: string;
}

async function bench({
  chromium: program,
  loads,
  moves,
  pictures,
  recording,
}: Options): Promise<void> {
  const { stdout } = spawnSync('which', [program], { encoding: 'utf8' });
  const executablePath = stdout.trim() || program;
  const stored = await mkdtemp(path.join(tmpdir(), 'hypercolumn-page-'));
  const service = await startService(
    pictures === undefined ? {} : { ALLOW_TRAINING: '1', DATA_DIR: stored },
  );
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    if (pictures !== undefined) {
      await takePictures(browser, service.url, pictures, recording);
      return;
    }
    const first: number[] = [];
    let bytes = 0;
    for (let i = 0; i < loads; i++) {
      const load = await firstView(browser, service.url);
      first.push(load.milliseconds);
      bytes = load.bytes;
    }
    const page = await browser.newPage();
    await page.goto(`${service.url}/?view=stimulus`);
    await page.getByRole('img', { name: /^Responses of/ }).waitFor();
    await moveSlider(page, Math.ceil(moves / 4));
    const moved = await moveSlider(page, moves);
    console.log(
      `first view, ${loads} loads with nothing cached: median ${median(first).toFixed(0)} ms,`,
    );
    console.log(
      `  at most ${Math.max(...first).toFixed(0)} ms; ${(bytes / 1000).toFixed(0)} kB as sent`,
    );
    console.log(
      `from slider to picture, ${moves} moves: median ${median(moved).toFixed(1)} ms, ` +
        `99 % ${quantile(moved, 0.99).toFixed(1)} ms`,
    );
  } finally {
    await browser.close();
    await service.stop();
    await rm(stored, { recursive: true, force: true });
  }
}

/** Until the card and a row for each neuron are there, in a browser that knows nothing yet. */
async function firstView(
  browser: Browser,
  url: string,
): Promise<{ milliseconds: number; bytes: number }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(url, { waitUntil: 'commit' });
  await page.getByRole('row').nth(1).waitFor();
  const milliseconds = await page.evaluate<number>('performance.now()');
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await context.close();
  return { milliseconds, bytes };
}

/** Milliseconds from each move until the bars for it were painted. */
function moveSlider(page: Page, moves: number): Promise<number[]> {
  return page.evaluate<number[]>(`(async () => {
    const slider = document.querySelector('.slider input[type=range]');
    const strip = [...document.querySelectorAll('.plot-place')].at(-1);
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const times = [];
    for (let i = 0; i < ${moves}; i++) {
      const painted = new Promise((resolve) => {
        const observer = new MutationObserver(() => {
          observer.disconnect();
          requestAnimationFrame(() => setTimeout(resolve));
        });
        observer.observe(strip, { childList: true });
      });
      const begun = performance.now();
      set.call(slider, String((i * 7 + 3) % 180));
      slider.dispatchEvent(new Event('input', { bubbles: true }));
      await painted;
      times.push(performance.now() - begun);
    }
    return times;
  })()`);
}

await runCommand(
  new Command('bench:page')
    .description('times the page in Chromium')
    .option('--chromium <program>', 'to measure with', 'chromium')
    .option('--loads <count>', 'of the first view', Number, 9)
    .option('--moves <count>', 'of a slider', Number, 200)
    .option('--pictures <folder>', 'saves pictures of the views there instead, such as docs/page')
    .option('--recording <folder>', 'whose .npy files the picture of New model is of', 'data/demo')
    .action(bench),
);
