// Builds the guide into dist/guide, unless it was built from the same documents before.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { placesIn } from './places.js';
import { sourceDigest, writeSource } from './write-source.js';

const places = placesIn(fileURLToPath(new URL('../../..', import.meta.url)));
await writeSource(places);
const digest = await sourceDigest(places);
const built = existsSync(places.digest) ? await readFile(places.digest, 'utf8') : undefined;
if (digest !== built || !existsSync(path.join(places.site, 'index.html'))) {
  await rm(places.digest, { force: true });
  await rm(places.site, { recursive: true, force: true });
  const program = path.join(places.root, 'node_modules/vitepress/bin/vitepress.js');
  await promisify(execFile)(process.execPath, [program, 'build', places.generator]);
}
// Its time is that of the newest build, also where nothing had to be built.
await writeFile(places.digest, digest);
