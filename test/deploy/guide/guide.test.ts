import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { guideMarkdown } from '../../../deploy/guide/links.js';
import { moveScriptsOut } from '../../../deploy/guide/outside-scripts.js';
import { sideBar } from '../../../deploy/guide/sections.js';

test('links between documents become links between pages, and those to other files become text', () => {
  const page = (text: string, file = 'docs/jobs.md') => guideMarkdown(text, file);
  expect(page('[train](train.md#recipes)')).toBe('[train](./train.md#recipes)');
  expect(page('[first](../README.md)')).toBe('[first](./readme.md)');
  expect(page('[code](../src/serve.ts) and more')).toBe('code and more');
  expect(page('![map](interpret/map.png)')).toBe('![map](./interpret/map.png)');
  expect(page('[jobs](docs/jobs.md)', 'README.md')).toBe('[jobs](./jobs.md)');
  expect(page('[there](#limits), [far](https://a.b/c.md)')).toBe(
    '[there](#limits), [far](https://a.b/c.md)',
  );
  expect(page('```\n[train](train.md)\n```')).toBe('```\n[train](train.md)\n```');
});

test('the guide shows no table of contents of a document twice', () => {
  const text = '# A\n<!-- contents -->\n- [B](#b)\n<!-- end of contents -->\n## B\n';
  expect(guideMarkdown(text, 'docs/a.md')).toBe('# A\n## B\n');
});

test('a new document is in the side bar under its heading, and one that is gone is not', () => {
  const pages = new Map([
    ['jobs', 'Jobs'],
    ['new', 'Something new'],
  ]);
  const groups = sideBar(pages);
  const links = groups.flatMap(({ items }) => items);
  expect(links).toContainEqual({ text: 'Something new', link: '/new' });
  expect(links).toContainEqual({ text: 'Jobs', link: '/jobs' });
  expect(links.map(({ link }) => link)).not.toContain('/train');
  expect(sideBar(new Map([['jobs', 'Jobs']])).map(({ text }) => text)).not.toContain('More');
});

test('scripts of a page become files of the guide, and the root of the site is found from them', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'guide-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const page = '<script>run()</script><script id="root">a=new URL("./",location).href</script>';
  const moved = moveScriptsOut(page, folder);
  const names = [...moved.matchAll(/<script src="\.\/assets\/(start\.\w{8}\.js)"><\/script>/g)];
  expect(names).toHaveLength(2);
  expect(readdirSync(path.join(folder, 'assets')).sort()).toEqual(names.map((n) => n[1]).sort());
  const scripts = names.map(([, name]) => readFileSync(path.join(folder, 'assets', name!), 'utf8'));
  expect(scripts).toEqual(['run()', 'a=new URL("..",document.currentScript.src).href']);
});

test('a page whose root cannot be found ends the build', () => {
  expect(() => moveScriptsOut('<script>run()</script>', '/dev/null')).toThrow(
    'a page has no script that',
  );
});
