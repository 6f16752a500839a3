import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isOnnxruntimeDoubtful } from '../../../src/inference/onnx/onnxruntime.js';

/** A package with a binary for a machine, and a folder of libraries with one file. */
function setUp(arch: string, library: string | undefined) {
  const root = mkdtempSync(path.join(tmpdir(), 'onnxruntime-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const binaries = path.join(root, 'bin/napi-v6', process.platform, arch);
  const libraries = path.join(root, 'lib');
  for (const folder of [binaries, libraries]) mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(binaries, 'onnxruntime_binding.node'), '');
  if (library === undefined) rmSync(libraries, { recursive: true });
  else writeFileSync(path.join(libraries, library), '');
  return isOnnxruntimeDoubtful(path.join(root, 'dist'), libraries);
}

test('onnxruntime is doubtful without a binary for the machine, and with the C library musl', () => {
  expect(setUp(process.arch, 'ld-linux.so.2')).toBe(false);
  expect(setUp('other', 'ld-linux.so.2')).toBe(true);
  expect(setUp(process.arch, undefined)).toBe(false);
  expect(setUp(process.arch, 'ld-musl-x86_64.so.1')).toBe(process.platform === 'linux');
});
