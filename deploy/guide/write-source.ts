import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRoutes } from '../../src/server/app.js';
import { openapiDocument } from '../../src/server/openapi/document.js';
import type { AppDependencies } from '../../src/server/service.js';
import { guideMarkdown } from './links.js';
import type { Places } from './places.js';
import { OpenapiDocument } from './reference/document.js';
import { referencePages } from './reference/pages.js';
import { ROOT_PAGES } from './sections.js';

/** Declarations of routes use nothing of what their handlers need. */
const FOR_DECLARATIONS = {} as AppDependencies;

/** Writes the Markdown of the guide: the documents of the repository, and the API reference. */
export async function writeSource({ root, generator, source }: Places): Promise<void> {
  await rm(source, { recursive: true, force: true });
  await cp(path.join(root, 'docs'), source, { recursive: true });
  const documents = (await readdir(path.join(root, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => [`docs/${name}`, name] as const);
  for (const [file, page] of [...documents, ...Object.entries(ROOT_PAGES)]) {
    const text = await readFile(path.join(root, file), 'utf8');
    await writeFile(path.join(source, page), guideMarkdown(text, file));
  }
  await cp(path.join(generator, 'index.md'), path.join(source, 'index.md'));
  await cp(path.join(root, 'src/web/favicon.svg'), path.join(source, 'public/favicon.svg'));
  await cp(path.join(root, 'docs/page/tuning.png'), path.join(source, 'public/tuning.png'));
  const document = OpenapiDocument.parse(openapiDocument(createRoutes(FOR_DECLARATIONS)));
  for (const [name, text] of referencePages(document)) {
    await writeFile(path.join(source, name), text);
  }
}

/** A digest of all that the built site depends on. */
export async function sourceDigest({ root, generator, source }: Places): Promise<string> {
  const hash = createHash('sha256');
  for (const folder of [source, generator]) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name));
    for (const file of files.sort())
      hash.update(path.relative(root, file)).update(await readFile(file));
  }
  return hash.update(await readFile(path.join(root, 'package-lock.json'))).digest('hex');
}
