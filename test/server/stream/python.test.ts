import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { testWith, websocketsPackage } from '../../support/capabilities.js';
import { startService } from '../../support/service.js';

const root = new URL('../../../', import.meta.url);
const python = websocketsPackage();

testWith(python)('the Python of docs/stream.md talks to the demo model', async () => {
  const page = readFileSync(new URL('docs/stream.md', root), 'utf8');
  const [, code = ''] = /```python\n(.*?)```/s.exec(page) ?? [];
  const MODELS_DIR = fileURLToPath(new URL('models', root));
  const { url, child } = await startService({ MODELS_DIR, ENGINE: 'onnx', GRACE_SECONDS: '0' });
  const program = code
    .replace('ws://127.0.0.1:8080', url.replace('http', 'ws'))
    .replace('&patience=1000', '');
  const { stdout, stderr } = spawnSync(python.python, ['-c', program], { encoding: 'utf8' });
  child.kill('SIGKILL');
  expect(stderr).toBe('');
  const [ready, ...answers] = stdout.trim().split('\n');
  expect(ready).toMatch(/^\{"type":"ready","model":\{"name":"demo","version":1,/);
  const numbers = String.raw`\[ ?\d\.\d+ +\d\.\d+ +\d\.\d+ +\d\.\d+ ?\]`;
  for (const [sequence, answer] of answers.entries()) {
    expect(answer).toMatch(
      new RegExp(String.raw`^${sequence} ${numbers} [\d.]+ ms, [\d.]+ at the engine$`),
    );
  }
  expect(answers).toHaveLength(4);
});
