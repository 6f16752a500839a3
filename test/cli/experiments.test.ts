import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningService, startService } from '../support/service.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = path.join(ROOT, 'dist/src/cli/hypercolumn.js');
const MODEL = path.join(ROOT, 'models/demo');

let service: RunningService;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'experiments-'));
  service = await startService({
    ENGINE: 'onnx',
    MODELS_DIR: path.join(ROOT, 'models'),
    DATA_DIR: path.join(folder, 'data'),
  });
});
afterAll(async () => {
  await service?.kill();
  rmSync(folder, { recursive: true, force: true });
});

function hypercolumn(...words: string[]) {
  const result = spawnSync(process.execPath, [PROGRAM, ...words], { encoding: 'utf8' });
  return { ...result, out: (name: string) => readFileSync(path.join(folder, name)) };
}

/** The options of a command that writes to a file of the test's folder. */
function options(name: string, request: object): string[] {
  const out = ['--out', path.join(folder, name)];
  return ['--model', MODEL, '--engine', 'onnx', '--request', JSON.stringify(request), ...out];
}

function post(route: string, request: object): Promise<Response> {
  return fetch(`${service.url}/v1/models/demo/${route}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
}

/** The file of a job's result that has this media type. */
async function jobResult(route: string, request: object, accept: string): Promise<Buffer> {
  const place = service.url + (await post(route, request)).headers.get('Location');
  const state = async () => ((await (await fetch(place)).json()) as { state: string }).state;
  await expect.poll(state, { timeout: 50_000 }).toBe('succeeded');
  const answer = await fetch(`${place}/result`, { headers: { Accept: accept } });
  return Buffer.from(await answer.arrayBuffer());
}

test.each([
  ['tuning/parametric', ['tune'], { parameter: 'spatialFrequency', neurons: [3, 0] }],
  ['receptive-field', ['tune', 'receptive-field'], { x: [-8, 0, 8], y: [0, 8], neurons: '0-1' }],
])('%s has the same numbers on the command line', async (route, command, request) => {
  const { status, stderr, out } = hypercolumn(...command, ...options('tuning.json', request));
  expect(status, stderr).toBe(0);
  const {
    timing: _,
    id: __,
    ...overHttp
  } = (await (await post(route, request)).json()) as Record<string, unknown>;
  expect(JSON.parse(out('tuning.json').toString())).toEqual(overHttp);
});

test('characterize gives the same rows, byte for byte', async () => {
  const request = { neurons: [3] };
  const { status, stderr, out } = hypercolumn('characterize', ...options('rows.csv', request));
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^steps \d+ of \d+$/m);
  expect(out('rows.csv')).toEqual(await jobResult('characterize', request, 'text/csv'));
});

test('preferred-stimulus gives the same images, bit for bit, and all files into a folder', async () => {
  const request = { neurons: [2], restarts: 2, steps: 5 };
  const { status, stderr } = hypercolumn('preferred-stimulus', ...options('found', request));
  expect(status, stderr).toBe(0);
  expect(readdirSync(path.join(folder, 'found')).sort()).toEqual([
    'preferred-stimuli.json',
    'preferred-stimuli.npy',
    'preferred-stimuli.png',
  ]);
  const found = readFileSync(path.join(folder, 'found/preferred-stimuli.npy'));
  expect(found).toEqual(await jobResult('preferred-stimulus', request, 'application/x-npy'));
});

test.each([
  [
    'a neuron that does not exist',
    ['--neurons', '99'],
    'neurons: unknown neuron: 99; expected an id, from 0 to 15',
  ],
  ['an unknown key', ['--request', '{"contrats":1}'], 'did you mean "contrast"?'],
  [
    'neurons that are named twice',
    ['--request', '{"neurons":[1]}', '--neurons', '2'],
    'neurons are named twice',
  ],
  [
    'a file that does not exist',
    ['--request', 'no.json'],
    'there is no such file or folder: correct its name',
  ],
  ['a model that does not exist', ['--model', 'models/dmo'], 'there is no model'],
  [
    'another kind of file',
    ['--out', 'rows.xls'],
    'expected a folder, or a file ending with .csv, .json',
  ],
])('%s is one line and exit code 2', (_, words, message) => {
  const { status, stderr } = hypercolumn(
    'characterize',
    '--model',
    MODEL,
    '--out',
    'rows.csv',
    ...words,
  );
  expect(stderr).toMatch(/^error: .*\n$/);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});

test('Ctrl-C ends an experiment with exit code 130 and without a file', async () => {
  const out = path.join(folder, 'interrupted.csv');
  const words = ['characterize', '--model', MODEL, '--engine', 'onnx', '--out', out];
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
    if (/^steps .*\n$/.test(stderr)) child.kill('SIGINT'); // once: a second one ends it at once
  });
  const [code] = await once(child, 'close');
  expect(stderr).toContain('interrupted; nothing was written');
  expect(code).toBe(130);
  expect(readdirSync(folder)).not.toContain('interrupted.csv');
});
