import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTrimCommand } from '../../deploy/trim/trim-command.js';
import { type RunningService, startService } from '../support/service.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const IMAGE = readFileSync(path.join(ROOT, 'docs', 'example.png'));

let folder: string;
let service: RunningService;

beforeAll(async () => {
  vi.spyOn(console, 'log').mockReturnValue();
  folder = mkdtempSync(path.join(tmpdir(), 'trim-'));
  await createTrimCommand(ROOT).parseAsync(['--out', path.join(folder, 'serving')], {
    from: 'user',
  });
  service = await startService(
    { ENGINE: 'onnx', MODELS_DIR: path.join(ROOT, 'models'), DATA_DIR: path.join(folder, 'data') },
    path.join(folder, 'serving', 'dist', 'src', 'main.js'),
  );
});

afterAll(async () => {
  service?.child.kill('SIGINT');
  await service?.ended;
  rmSync(folder, { recursive: true, force: true });
});

const post = { method: 'POST', body: IMAGE, headers: { 'Content-Type': 'image/png' } };
const experiment = { method: 'POST' };

test.each([
  ['/v1/models/demo/responses?neurons=0-3', post],
  ['/v1/models/demo/attention?neurons=0', post],
  ['/v1/models/demo/gradient?neurons=0', post],
  ['/v1/models/demo/tuning/parametric?neurons=0', experiment],
  ['/v1/models/demo/receptive-field?neurons=0', experiment],
  ['/', {}],
  ['/docs/swagger-ui-bundle.js', {}],
  ['/docs/swagger-ui.css', {}],
  ['/guide/', {}],
  ['/openapi.json', {}],
  ['/metrics', {}],
])('a trimmed copy answers %s', async (url, request) => {
  const response = await fetch(`${service.url}${url}`, request);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  expect(text.length).toBeGreaterThan(0);
});

test('a trimmed copy is small and has no files of other platforms', () => {
  const serving = path.join(folder, 'serving');
  const files = readdirSync(serving, { recursive: true, encoding: 'utf8' });
  const bytes = files.map((file) => statSync(path.join(serving, file)).size);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150e6);
  // Scripts that ask for the platform may name each.
  const unwanted = files.filter((file) =>
    /\.map$|\.d\.[cm]?ts$|(darwin|win32)(?!.*\.js$)/.test(file),
  );
  expect(unwanted).toEqual([]);
});

test('the training programs run from a copy that includes them', async () => {
  const copy = path.join(folder, 'with-training');
  const options = ['--out', copy, '--with', 'training'];
  await createTrimCommand(ROOT).parseAsync(options, { from: 'user' });
  for (const command of ['train', 'evaluate', 'export']) {
    const { status, stdout, stderr } = hypercolumn(copy, command, '--help');
    expect(status, stderr).toBe(0);
    expect(stdout).toContain(`Usage: hypercolumn ${command}`);
  }
});

test('in a copy without them, a training command says that it is not included', () => {
  const serving = path.join(folder, 'serving');
  const { status, stderr } = hypercolumn(serving, 'train', '--data', 'recordings');
  expect(stderr).toContain('error: train is not part of this copy of Hypercolumn: expected');
  expect(status).toBe(2);
  expect(hypercolumn(serving, '--help').stdout).toContain('is not part of this copy');
});

test('a command whose own module is missing names that module', () => {
  const training = path.join(folder, 'serving', 'dist', 'training');
  mkdirSync(training);
  try {
    writeFileSync(path.join(training, 'merge-command.js'), "import './gone.js';");
    const { status, stderr } = hypercolumn(path.join(folder, 'serving'), 'merge');
    expect(stderr).toContain(`Cannot find module '${path.join(training, 'gone.js')}'`);
    expect(stderr).not.toContain('is not part of this copy');
    expect(status).toBe(1);
  } finally {
    rmSync(training, { recursive: true });
  }
});

function hypercolumn(copy: string, ...args: string[]) {
  const program = path.join(copy, 'dist/src/cli/hypercolumn.js');
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

test('each package of a trimmed copy keeps its license', () => {
  const onnx = path.join(folder, 'serving', 'node_modules', 'onnxruntime-common');
  expect(readdirSync(onnx)).toContain('package.json');
  const hono = path.join(folder, 'serving', 'node_modules', 'hono');
  expect(readdirSync(hono)).toContain('LICENSE');
});

test('a target folder that has files in it is not changed', async () => {
  const taken = path.join(folder, 'taken');
  mkdirSync(taken);
  writeFileSync(path.join(taken, 'notes.txt'), '');
  const command = createTrimCommand(ROOT).parseAsync(['--out', taken], { from: 'user' });
  await expect(command).rejects.toThrow('holds files already; expected a new or an empty folder');
  expect(readdirSync(taken)).toEqual(['notes.txt']);
});
