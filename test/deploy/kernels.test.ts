import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { loadAddon } from '../../src/inference/kernels/addon.js';
import { loadAddon as loadTrainingAddon } from '../../training/kernels/addon.js';
import { kernelAddon, testWith } from '../support/capabilities.js';
import { temporaryFolder } from '../support/store.js';

const SCRIPT = fileURLToPath(new URL('../../deploy/compile-kernels.mjs', import.meta.url));
const SYSTEM = `${process.platform}-${process.arch}`;
const INFERENCE = `src/inference/kernels/kernels-${SYSTEM}`;
const TRAINING = `training/kernels/blocks-${SYSTEM}`;

/** @returns the files, and what the script says */
function compile(folder: string, env: Readonly<Record<string, string>> = {}) {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, folder], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect(status, stderr).toBe(0);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  const names = files
    .filter((file) => file.isFile())
    .map((file) => path.relative(folder, path.join(file.parentPath, file.name)))
    .toSorted();
  return { names, stderr };
}

/** Writes a file of earlier sources. */
function write(folder: string, file: string, text: string): void {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
}

testWith(kernelAddon())('the kernels are compiled into a module that Node loads', async () => {
  const folder = await temporaryFolder();
  write(folder, `${INFERENCE}.absent`, 'there was no C compiler');
  const CC = path.join(folder, 'none');
  const { names, stderr } = compile(folder, { CC });
  expect(names).toEqual([`${INFERENCE}.node`, `${TRAINING}.node`]);
  expect(stderr).toMatch(/^CC=.*\/none cannot be run; (cc|gcc|clang) compiles instead\n$/);
  expect(loadAddon(path.join(folder, `${INFERENCE}.node`))).toHaveProperty('block');
  expect(loadTrainingAddon(path.join(folder, `${TRAINING}.node`))).toHaveProperty('backward');
});

test('a compiler that fails leaves its reason and no kernels, nor those of earlier sources', async () => {
  const folder = await temporaryFolder();
  for (const name of [INFERENCE, TRAINING]) write(folder, `${name}.node`, 'of earlier sources');
  const compiler = path.join(await temporaryFolder(), 'cc');
  const script = '#!/bin/sh\n[ "$1" = --version ] && exit 0\necho no space left >&2\nexit 1\n';
  writeFileSync(compiler, script);
  chmodSync(compiler, 0o755);
  const absent = [`${INFERENCE}.absent`, `${TRAINING}.absent`];
  expect(compile(folder, { CC: compiler })).toEqual({
    names: absent,
    stderr: `no kernels: ${compiler} cannot compile the kernels:\nno space left\n`,
  });
  for (const file of absent) {
    const reason = readFileSync(path.join(folder, file), 'utf8');
    expect(reason).toBe(`${compiler} cannot compile the kernels:\nno space left\n\n`);
  }
});

test('without a compiler the script says what to install', async () => {
  const folder = await temporaryFolder();
  const reason = 'there is no C compiler; install gcc 11 or clang 12 or newer, then npm run build';
  expect(compile(folder, { CC: '', PATH: '' }).stderr).toBe(`no kernels: ${reason}\n`);
  expect(readFileSync(path.join(folder, `${INFERENCE}.absent`), 'utf8')).toBe(`${reason}\n`);
});

test('there are no kernels where none were compiled, or for another system', async () => {
  const file = path.join(await temporaryFolder(), `kernels-${SYSTEM}.node`);
  expect(loadAddon(file)).toBeUndefined();
  writeFileSync(file, 'for another system');
  expect(loadAddon(file)).toBeUndefined();
});
