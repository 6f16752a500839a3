import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
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

function hypercolumn(...args: string[]) {
  const result = spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8' });
  return { ...result, out: (name: string) => readFileSync(path.join(folder, name)) };
}

/** The options of a command that writes to a file in the folder of the test. */
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

/** The result file of a job with this media type. */
async function jobResult(route: string, request: object, accept: string): Promise<Buffer> {
  const place = service.url + (await post(route, request)).headers.get('Location');
  const state = async () => ((await (await fetch(place)).json()) as { state: string }).state;
  await expect.poll(state).toBe('succeeded');
  const answer = await fetch(`${place}/result`, { headers: { Accept: accept } });
  return Buffer.from(await answer.arrayBuffer());
}

test.each([
  ['tuning/parametric', ['tune'], { parameter: 'spatialFrequency', neurons: [3, 0] }],
  ['receptive-field', ['tune', 'receptive-field'], { x: [-8, 0, 8], y: [0, 8], neurons: '0-1' }],
])(
  '%s gives the same numbers on the command line as over HTTP',
  async (route, command, request) => {
    const { status, stderr, out } = hypercolumn(...command, ...options('tuning.json', request));
    expect(status, stderr).toBe(0);
    const overHttp = await withoutTiming(await post(route, request));
    expect(JSON.parse(out('tuning.json').toString())).toEqual(overHttp);
  },
);

test('characterize gives the same rows as over HTTP, byte for byte', async () => {
  const request = { neurons: [3] };
  const { status, stderr, out } = hypercolumn('characterize', ...options('rows.csv', request));
  expect(status, stderr).toBe(0);
  expect(stderr).toMatch(/^steps \d+ of \d+$/m);
  expect(out('rows.csv')).toEqual(await jobResult('characterize', request, 'text/csv'));
});

test('preferred-stimulus gives the same images bit for bit and writes all files into a folder', async () => {
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

test('respond gives the same responses as CSV, JSON and .npy', async () => {
  const stimuli = path.join(ROOT, 'docs/example.png');
  const args = ['--model', MODEL, '--engine', 'onnx', '--stimuli', stimuli, '--neurons', '3,0'];
  const { status, stderr, out } = hypercolumn(
    'respond',
    ...args,
    '--out',
    path.join(folder, 'answers'),
  );
  expect(status, stderr).toBe(0);
  const answer = await fetch(`${service.url}/v1/models/demo/responses?neurons=3,0`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/png' },
    body: readFileSync(stimuli),
  });
  const overHttp = await withoutTiming<{ responses: number[][]; stimuli: { digest: string }[] }>(
    answer,
  );
  const [row] = overHttp.responses;
  expect(JSON.parse(out('answers/responses.json').toString())).toEqual(overHttp);
  expect([...decodeNpy(out('answers/responses.npy')).data]).toEqual(row);
  expect(out('answers/responses.csv').toString()).toBe(
    `stimulus,digest,3,0\r\n0,${overHttp.stimuli[0]!.digest},${row!.join(',')}\r\n`,
  );
});

test.each(['rank', 'peak'])(
  'tune %s gives the same analysis of recorded responses as over HTTP',
  async (kind) => {
    const pixels = Float32Array.from({ length: 4 * 2500 }, (_, i) => (i % 97) / 97);
    const stimuli = encodeNpy(pixels, [4, 50, 50]);
    const responses = encodeNpy(
      Float32Array.from({ length: 4 * 16 }, (_, i) => i % 7),
      [4, 16],
    );
    const [stimuliFile, responsesFile] = [
      path.join(folder, 'stimuli.npy'),
      path.join(folder, 'real.npy'),
    ];
    writeFileSync(stimuliFile, stimuli);
    writeFileSync(responsesFile, responses);
    const { status, stderr, out } = hypercolumn(
      ...['tune', kind, '--model', MODEL, '--engine', 'onnx', '--k', '2', '--neurons', '0-2'],
      ...['--stimuli', stimuliFile, '--responses', responsesFile],
      ...['--out', path.join(folder, 'set.json')],
    );
    expect(status, stderr).toBe(0);
    const body = new FormData();
    body.set('stimuli', new Blob([new Uint8Array(stimuli)]), 'stimuli.npy');
    body.set('responses', new Blob([new Uint8Array(responses)]), 'responses.npy');
    const route = `/v1/models/demo/tuning/${kind}?neurons=0-2&k=2`;
    const answer = await fetch(service.url + route, { method: 'POST', body });
    expect(JSON.parse(out('set.json').toString())).toEqual(await withoutTiming(answer));
  },
);

/** A response without the fields that differ between requests. */
async function withoutTiming<Answer extends object>(answer: Response): Promise<Answer> {
  const { timing: _, id: __, ...rest } = (await answer.json()) as Record<string, unknown>;
  return rest as Answer;
}

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
    '--request no.json: there is no such file',
  ],
  [
    'a request that is not JSON',
    ['--request', '{"parameter":'],
    '--request is not JSON: Unexpected end',
  ],
  ['a model without its folder', ['--model', 'demo'], '; did you mean models/demo?'],
  ['a model that does not exist', ['--model', 'models/dmo'], 'there is no model'],
  [
    'another kind of file',
    ['--out', 'rows.xls'],
    'expected a folder, or a file ending with .csv, .json',
  ],
  [
    'a file in the place of a folder',
    ['--out', path.join(MODEL, '1/card.json/new/rows.csv')],
    'expected one that can be written',
  ],
])('%s ends with one line and exit code 2', (_, args, message) => {
  const { status, stderr } = hypercolumn(
    'characterize',
    '--model',
    MODEL,
    '--out',
    'rows.csv',
    ...args,
  );
  expect(stderr).toMatch(/^error: .*\n$/);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});

test.each([
  ['of another size', 'docs/page/tuning.png', 'none', '; add --fit resize or --fit crop'],
  [
    'in no known format',
    'README.md',
    'none',
    '--stimuli README.md is in no known format; expected .npy, .png, .jpg, .webp, .tif or .json',
  ],
  ['that does not exist', 'no.png', 'none', '--stimuli no.png: there is no such file'],
])('respond rejects a file %s', (_, file, fit, message) => {
  const { status, stderr } = hypercolumn(
    ...['respond', '--model', MODEL, '--engine', 'onnx', '--fit', fit],
    ...['--stimuli', file, '--out', path.join(folder, 'rejected.csv')],
  );
  expect(stderr).toMatch(/^error: .*\n$/);
  expect(stderr).toContain(message);
  expect(status).toBe(2);
});

test('a stored stimulus set is rejected on the command line, since sets belong to a service', () => {
  const request = { stimulusSet: 'a'.repeat(64) };
  const { status, stderr } = hypercolumn('preferred-stimulus', ...options('set', request));
  expect(stderr).toContain('unknown stimulus set: aaaa');
  expect(status).toBe(2);
});

test.each([
  ['characterize', 'SIGINT'],
  ['preferred-stimulus', 'SIGINT'],
  ['preferred-stimulus', 'SIGTERM'],
] as const)('%s ends on %s with exit code 130 and leaves no file', async (command, signal) => {
  const out = path.join(folder, 'interrupted');
  const args = [command, '--model', MODEL, '--engine', 'onnx', '--out', out];
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  await once(child.stderr, 'data'); // the first line of progress
  child.kill(signal);
  const [code] = await once(child, 'close');
  expect(stderr).toContain('interrupted; nothing was written');
  expect(code).toBe(130);
  expect(readdirSync(out)).toEqual([]);
});
