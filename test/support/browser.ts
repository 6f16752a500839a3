import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, type TestAPI } from 'vitest';
import { type Program, testWith } from './capabilities.js';
import { type RunningService, startService } from './service.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Chromium, at the path in CHROMIUM or where it is found. `REQUIRE_CHROMIUM=1` demands it. */
function chromiumBrowser(): Program {
  const names = process.env['CHROMIUM'] === undefined ? NAMES : [process.env['CHROMIUM']];
  const program = names.find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
  return {
    program: program ?? names[0]!,
    missing: program === undefined ? `no Chromium here (${names.join(', ')}; CHROMIUM)` : null,
    required: process.env['REQUIRE_CHROMIUM'] === '1',
  };
}

/** The service with the demo model, a browser, and pages that must log no errors. */
export interface Browsing {
  readonly service: RunningService;
  /** Opens the page in place of the previous one; `query` is that of the address bar. */
  open(query?: string, options?: BrowserContextOptions & { readonly at?: string }): Promise<Page>;
  /** Errors that the page logged or threw, and requests to other servers. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/**
 * A `test` for pages, with one service and one browser for all tests of a file.
 * @param environment of the service, made before the first test
 */
export function pageTest(environment: () => Promise<Record<string, string>> = async () => ({})): {
  readonly test: TestAPI;
  readonly browsing: Browsing;
} {
  const browser = chromiumBrowser();
  const browsing = {} as Browsing;
  beforeAll(async () => {
    if (browser.missing === null) {
      Object.assign(browsing, await startBrowsing(browser, await environment()));
    }
  });
  afterAll(() => browsing.close?.());
  return { test: testWith(browser), browsing };
}

/** @param environment of the service, in addition to DATA_DIR */
async function startBrowsing(
  { program }: Program,
  environment: Record<string, string>,
): Promise<Browsing> {
  const folder = mkdtempSync(path.join(tmpdir(), 'hypercolumn-page-'));
  const service = await startService({ ENGINE: 'onnx', DATA_DIR: folder, ...environment });
  const executablePath =
    spawnSync('which', [program], { encoding: 'utf8' }).stdout.trim() || program;
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const complaints: string[] = [];
  return {
    service,
    complaints,
    async open(query = '', { at = service.url, ...options } = {}) {
      await Promise.all(browser.contexts().map((context) => context.close()));
      complaints.length = 0;
      const context = await browser.newContext({
        viewport: { width: 1280, height: 900 },
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(120_000);
      page.on('pageerror', ({ message }) => complaints.push(`thrown: ${message}`));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
      });
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (origin !== at && protocol !== 'blob:') complaints.push(`asked: ${request.url()}`);
      });
      await page.goto(`${at}/${query}`);
      return page;
    },
    async close() {
      await browser.close();
      await service.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Lets the service measure all neurons quickly, so that the page finds stored rows. */
export async function measureNeurons({ service }: Pick<Browsing, 'service'>): Promise<void> {
  const url = `${service.url}/v1/models/demo/quick-measurement`;
  const answer = await fetch(url, { method: 'POST' });
  expect(answer.status).toBe(200);
  await answer.arrayBuffer();
}

/** Fails when axe finds something serious. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const reported = serious.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`,
  );
  expect(reported).toEqual([]);
}

/** Fails when axe finds something serious, or the page scrolls sideways: wide and narrow, light and dark. */
export async function expectAccessibleEverywhere(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [360, 1600]) {
      await page.setViewportSize({ width, height: 900 });
      await expectAccessible(page);
      const room = () => page.evaluate<number>('document.documentElement.scrollWidth');
      await expect.poll(room).toBeLessThanOrEqual(width);
    }
  }
}
