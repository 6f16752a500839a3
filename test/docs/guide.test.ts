import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHTML } from 'linkedom';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SITE = path.join(ROOT, 'dist/guide');
const PAGES = readdirSync(SITE).filter((name) => name.endsWith('.html'));
/** The service answers these itself, above the guide. */
const OF_THE_SERVICE = ['../', '../docs', '../openapi.json'];

const DOCUMENTS = new Map(
  PAGES.map((name) => [name, parseHTML(readFileSync(path.join(SITE, name), 'utf8')).document]),
);

/** The addresses that a page names, without those of other sites. */
function addresses(page: string): string[] {
  const named = [...DOCUMENTS.get(page)!.querySelectorAll('[href], [src]')];
  const all = named.map((each) => each.getAttribute('href') ?? each.getAttribute('src')!);
  return [...new Set(all)].filter((address) => !/^https?:/.test(address));
}

function isBroken(page: string, address: string): boolean {
  if (OF_THE_SERVICE.includes(address)) return false;
  const [file = '', section = ''] = address.split('#');
  const target = file === '' ? page : path.join(file, file.endsWith('/') ? 'index.html' : '');
  if (!existsSync(path.join(SITE, target))) return true;
  return section !== '' && !DOCUMENTS.get(target)?.getElementById(decodeURIComponent(section));
}

test.each(PAGES)('each address on %s leads to a file and a section of the guide', (page) => {
  expect(addresses(page).filter((address) => isBroken(page, address))).toEqual([]);
});

test('a broken address is found', () => {
  expect(isBroken('jobs.html', './nothing.html')).toBe(true);
  expect(isBroken('jobs.html', './jobs.html#nothing')).toBe(true);
  expect(isBroken('jobs.html', './jobs.html#limits')).toBe(false);
});

test('each document of docs/ has its place in the side bar', () => {
  const listed = addresses('readme.html');
  const documents = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const missing = documents.filter((name) => !listed.includes(`./${name.replace('.md', '.html')}`));
  expect(missing).toEqual([]);
});

test('no page has scripts of its own or names a file of another server', () => {
  for (const [page, document] of DOCUMENTS) {
    const inline = [...document.querySelectorAll('script:not([src])')];
    expect(inline, page).toEqual([]);
    const loaded = [...document.querySelectorAll('[src], link[href]')].map(
      (each) => each.getAttribute('src') ?? each.getAttribute('href')!,
    );
    expect(
      loaded.filter((address) => /^(https?:)?\/\//.test(address)),
      page,
    ).toEqual([]);
  }
});
