import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { headingAnchor } from '../../deploy/guide/anchors.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const inRoot = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const inDocs = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
const inExamples = readdirSync(path.join(ROOT, 'examples'), { recursive: true, encoding: 'utf8' })
  .filter((name) => path.basename(name) === 'README.md')
  .map((name) => `examples/${name}`);
const DOCS = [...inRoot, ...inDocs.map((name) => `docs/${name}`), ...inExamples];
const CONTENTS = /<!-- contents -->\n[\s\S]*?<!-- end of contents -->/;

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const withoutCode = (text: string) => text.replaceAll(/^```[\s\S]*?^```/gm, '');

/** The headings of a document with this many `#`, or with any number. */
function headings(text: string, level = '#{1,6}'): string[] {
  return [...withoutCode(text).matchAll(new RegExp(`^${level} (.+)$`, 'gm'))].map(
    ([, title]) => title!,
  );
}

const withSections = inDocs.filter((name) => headings(read(`docs/${name}`), '##').length > 1);

test('the README is short enough to be read in a few minutes', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(150);
});

// `npx vitest run --config test/vitest.config.ts test/docs -u` updates the tables of contents.
test.each(withSections)('the table of contents of %s lists each of its sections', async (name) => {
  const text = read(`docs/${name}`);
  const list = headings(text, '##')
    .map((title) => `- [${title}](#${headingAnchor(title)})`)
    .join('\n');
  expect(text).toMatch(CONTENTS);
  const current = text.replace(CONTENTS, `<!-- contents -->\n${list}\n<!-- end of contents -->`);
  await expect(current).toMatchFileSnapshot(path.join(ROOT, 'docs', name));
});

test.each(DOCS)('the links of %s lead to files and sections that exist', (file) => {
  const links = [...withoutCode(read(file)).matchAll(/\]\((?!https?:)([^)\s]*)\)/g)];
  const broken = links
    .map(([, link]) => link!)
    .filter((link) => {
      const [target = '', section] = link.split('#');
      const absolute = path.join(
        ROOT,
        target === '' ? file : path.join(path.dirname(file), target),
      );
      if (!existsSync(absolute)) return true;
      return (
        section !== undefined &&
        !headings(readFileSync(absolute, 'utf8')).map(headingAnchor).includes(section)
      );
    });
  expect(broken).toEqual([]);
});
