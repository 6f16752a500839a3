import { spawnSync } from 'node:child_process';
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadNativeAddon } from '../../src/files/native-addon.js';
import { testWith, trainingKernelAddon } from '../support/capabilities.js';
import { temporaryFolder } from '../support/store.js';

const capability = trainingKernelAddon();
const LOADER = new URL('../../dist/src/files/native-addon.js', import.meta.url).href;

testWith(capability)('a compiled module that is cut off is none, and ends no process', async () => {
  const file = path.join(await temporaryFolder(), 'cut.node');
  await writeFile(file, await readFile(capability.file));
  const { size } = await stat(file);
  const load = `const { loadNativeAddon } = await import('${LOADER}'); console.log(typeof loadNativeAddon('${file}'));`;
  for (const [bytes, found] of [
    [size, 'object'],
    [size - 1, 'undefined'],
    [size >> 1, 'undefined'],
    [4096, 'undefined'],
    [10, 'undefined'],
  ] as const) {
    await truncate(file, bytes);
    // In a process of its own, which the system may kill.
    const { stdout, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', load]);
    expect([stdout.toString().trim(), signal], `${bytes} bytes`).toEqual([found, null]);
  }
});

test('a file that is no module is none', async () => {
  const file = path.join(await temporaryFolder(), 'text.node');
  await writeFile(file, 'no module');
  expect(loadNativeAddon(file)).toBeUndefined();
  expect(loadNativeAddon(`${file}.missing`)).toBeUndefined();
});
