import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadAddon } from '../../src/inference/kernels/addon.js';
import { kernelAddon, testWith } from '../support/capabilities.js';
import { temporaryFolder } from '../support/store.js';

const SCRIPT = fileURLToPath(new URL('../../deploy/compile-kernels.mjs', import.meta.url));
const RESULT = `kernels-${process.platform}-${process.arch}`;

function compile(folder: string, env: Readonly<Record<string, string>> = {}) {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, folder], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect(status, stderr).toBe(0);
  return readdirSync(folder);
}

testWith(kernelAddon())('the kernels are compiled into a module that Node loads', async () => {
  const folder = await temporaryFolder();
  writeFileSync(path.join(folder, `${RESULT}.absent`), 'there was no C compiler');
  expect(compile(folder)).toEqual([`${RESULT}.node`]);
  expect(loadAddon(path.join(folder, `${RESULT}.node`))).toHaveProperty('block');
});

test('a compiler that fails leaves its reason and no kernels, nor those of earlier sources', async () => {
  const folder = await temporaryFolder();
  writeFileSync(path.join(folder, `${RESULT}.node`), 'of earlier sources');
  const compiler = path.join(await temporaryFolder(), 'cc');
  const script = '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho no space left >&2\nexit 1\n';
  writeFileSync(compiler, script);
  chmodSync(compiler, 0o755);
  expect(compile(folder, { CC: compiler })).toEqual([`${RESULT}.absent`]);
  const reason = readFileSync(path.join(folder, `${RESULT}.absent`), 'utf8');
  expect(reason).toBe(`${compiler} cannot compile the kernels:\nno space left\n\n`);
});

test('there are no kernels where none were compiled, or for another system', async () => {
  const file = path.join(await temporaryFolder(), `${RESULT}.node`);
  expect(loadAddon(file)).toBeUndefined();
  writeFileSync(file, 'for another system');
  expect(loadAddon(file)).toBeUndefined();
});
