import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect } from 'vitest';
import { both, nativeTensorflow, strace, testWith, webgpuAdapter } from './support/capabilities.js';
import { childrenOf } from './support/processes.js';
import { startTraced, type Trace } from './support/traced.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMAGE = readFileSync(path.join(ROOT, 'docs', 'example.png'));
const NOTHING: Trace = { network: [], writes: [], left: [] };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nothing-sent-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const { VK_ICD_FILENAMES = '' } = process.env;

/** Software WebGPU is slow under strace. */
const TIMEOUT = 240_000;

for (const [engine, answers, capability] of [
  ['onnx', ['responses', 'attention'], strace()],
  ['wasm', ['responses'], strace()],
  ['tensorflow', ['responses'], both(strace(), nativeTensorflow())],
  ['webgpu', ['responses'], both(strace(), webgpuAdapter())],
] as const) {
  testWith(capability)(
    `serving with ${engine} sends and keeps nothing elsewhere`,
    { timeout: TIMEOUT },
    async () => {
      const { child, finish } = startTraced(folder, [path.join(ROOT, 'dist/src/main.js')], {
        ENGINE: engine,
        PORT: '0',
        VK_ICD_FILENAMES,
        MODELS_DIR: path.join(ROOT, 'models'),
        DATA_DIR: path.join(folder, 'data'),
      });
      try {
        const url = await readyAt(child);
        for (const answer of answers)
          expect(await post(`${url}/v1/models/demo/${answer}`)).toBe(200);
      } finally {
        for (const id of childrenOf(child.pid!)) process.kill(id, 'SIGINT');
      }
      expect(await finish()).toEqual(NOTHING);
    },
  );
}

testWith(strace())(
  'exporting a model sends and keeps nothing elsewhere',
  { timeout: TIMEOUT },
  async () => {
    const { child, finish } = startTraced(
      folder,
      [
        path.join(ROOT, 'dist/src/cli/hypercolumn.js'),
        ...[
          'export',
          '--model',
          path.join(ROOT, 'models/demo'),
          '--out',
          path.join(folder, 'demo.onnx'),
        ],
      ],
      {},
    );
    expect(await finish()).toEqual(NOTHING);
    expect(child.exitCode).toBe(0);
  },
);

async function readyAt(child: ChildProcess): Promise<string> {
  let stdout = '';
  for await (const text of child.stdout!.iterator({ destroyOnReturn: false })) {
    stdout += String(text);
    const url = /ready at (\S+)/.exec(stdout)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('the service ended before it was ready');
}

async function post(url: string): Promise<number> {
  const headers = { 'Content-Type': 'image/png' };
  const { status } = await fetch(url, { method: 'POST', body: IMAGE, headers });
  return status;
}
