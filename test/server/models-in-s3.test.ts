import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { createS3Objects } from '../../src/objects/s3-objects.js';
import { moto, testWith } from '../support/capabilities.js';
import { redisServer, startRedis } from '../support/redis.js';
import { s3Error, s3ForTests, startFaultyS3, type TestS3 } from '../support/s3.js';
import { spawnService, startService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { spawnWorker, startWorker } from '../support/worker.js';

const test = testWith(moto());
const openS3 = s3ForTests();
const DEMO = fileURLToPath(new URL('../../models/demo/1', import.meta.url));

/** A place that holds the demo model, behind a proxy, and the settings of a service that serves it. */
async function openModels() {
  const s3 = await openS3();
  const proxy = await startFaultyS3(s3);
  const place = `${s3.place}/models`;
  await upload(s3, place, 1);
  const environment = {
    ...s3.environment,
    AWS_ENDPOINT_URL: proxy.endpoint,
    MODELS_DIR: place,
    STORAGE_CACHE: path.join(await temporaryFolder(), 'cache'),
    GRACE_SECONDS: '0',
  };
  return { s3, proxy, place, environment };
}

/**
 * Uploads the demo model as a version of it.
 * @param bytes of the weights that arrive
 */
async function upload(s3: TestS3, place: string, version: number, bytes?: number): Promise<void> {
  const objects = createS3Objects({ ...s3, place, setting: 'MODELS_DIR' });
  const card = JSON.parse(await readFile(path.join(DEMO, 'card.json'), 'utf8')) as object;
  const weights = await readFile(path.join(DEMO, 'weights.safetensors'));
  await objects.put(`demo/${version}/weights.safetensors`, weights.subarray(0, bytes));
  const text = JSON.stringify({ ...card, version });
  await objects.put(`demo/${version}/card.json`, Buffer.from(text));
}

const away = (request: { socket: { destroy(): unknown } }) => {
  request.socket.destroy();
  return true;
};

async function respond(url: string, measure = 'responses?neurons=0'): Promise<number> {
  const body = await readFile(new URL('../../docs/example.png', import.meta.url));
  const headers = { 'Content-Type': 'image/png' };
  const answer = await fetch(`${url}/v1/models/demo/${measure}`, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  return answer.status;
}

async function versions(url: string): Promise<number[]> {
  const answer = await fetch(`${url}/v1/models`);
  const { models } = (await answer.json()) as { models: { version: number }[] };
  return models.map(({ version }) => version);
}

test('models in S3 are served, and interpreted; those loaded still are while S3 is away', async () => {
  const { s3, proxy, place, environment } = await openModels();
  const service = await startService({ ...environment, MODELS_POLL: '1' });
  onTestFinished(service.kill);
  expect(await versions(service.url)).toEqual([1]);
  expect(await respond(service.url)).toBe(200);
  expect(await respond(service.url, 'gradient?neurons=0')).toBe(200);
  proxy.fault = away;
  await expect.poll(service.stderr).toMatch(/the storage of MODELS_DIR cannot be reached/);
  expect(await respond(service.url)).toBe(200);
  expect(await versions(service.url)).toEqual([1]);
  const load = await fetch(`${service.url}/v2/repository/models/demo/load`, {
    method: 'POST',
    headers: { 'X-Request-Id': 'load-1' },
  });
  expect(load.status).toBe(503);
  const { error } = (await load.json()) as { error: string };
  expect(error).toMatch(
    /^the models cannot be listed: the storage of MODELS_DIR cannot be reached \(E\w+\); send it again later$/,
  );
  await expect.poll(service.stderr).toContain('"request":"load-1","method"');
  // All of stderr is lines of the log, also what Node and the client of S3 warn of.
  const log = service
    .stderr()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const lines = log.filter(({ request }) => request === 'load-1');
  expect(lines.map(({ msg }) => msg)).toEqual([error, 'request']);
  proxy.fault = undefined;
  await expect.poll(service.stderr).toContain('MODELS_DIR can be read again');
  await upload(s3, place, 2);
  await expect.poll(() => versions(service.url)).toEqual([2]);
});

test('a version that was uploaded in part is not served, until it is whole', async () => {
  const { s3, place, environment } = await openModels();
  const service = await startService({ ...environment, MODELS_POLL: '1' });
  onTestFinished(service.kill);
  await upload(s3, place, 2, 1000);
  const reason = 'weights.safetensors is not the file that the card describes: its sha256 differs';
  await expect.poll(service.stderr).toContain(`"version":2,"reason":"${reason}"`);
  const listed = await (await fetch(`${service.url}/v1/models`)).json();
  expect(listed).toMatchObject({ models: [{ name: 'demo', version: 1, ready: true }] });
  expect(JSON.stringify(listed)).toContain(reason);
  expect(await respond(service.url)).toBe(200);
  await upload(s3, place, 2);
  await expect.poll(() => versions(service.url)).toEqual([2]);
});

test('a service that starts while S3 is away waits for it', async () => {
  const { proxy, environment } = await openModels();
  proxy.fault = away;
  const { stdout, stderr, kill } = spawnService(environment);
  onTestFinished(kill);
  await expect
    .poll(stderr)
    .toMatch(
      /no models yet: the storage of MODELS_DIR cannot be reached \(E\w+\); it is asked again/,
    );
  const url = /(http:\/\/[\d.:]+)/.exec(stdout())![1]!;
  expect((await fetch(`${url}/readyz`)).status).toBe(503);
  proxy.fault = undefined;
  await expect.poll(stdout).toContain('ready at');
  expect(await respond(url)).toBe(200);
});

for (const [what, code, reason] of [
  ['credentials are wrong', 'InvalidAccessKeyId', 'does not know the access key'],
  ['bucket is missing', 'NoSuchBucket', 'has no such bucket'],
] as const) {
  test(`a service whose ${what} does not start, and says so`, async () => {
    const { proxy, place, environment } = await openModels();
    const isMissing = code === 'NoSuchBucket';
    // moto accepts all credentials.
    if (!isMissing) proxy.fault = (_, answer) => s3Error(answer, 403, code);
    const MODELS_DIR = isMissing ? 's3://no-such-bucket/models' : place;
    const service = spawnService({ ...environment, MODELS_DIR });
    const message = `MODELS_DIR="${MODELS_DIR}" cannot be used: the storage of MODELS_DIR ${reason} (${code})\n`;
    expect(await service.ended).toBe(2);
    expect(service.stderr()).toContain(message);
    // Redis is not asked before the models are.
    const worker = spawnWorker({ ...environment, MODELS_DIR, REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await worker.ended).toEqual([2, null]);
    expect(worker.stderr()).toContain(message);
    expect(worker.stdout()).toBe('');
  });
}

test('a service and a worker whose DATA_DIR is in a bucket that is missing do not start', async () => {
  const { environment } = await openModels();
  const DATA_DIR = 's3://no-such-bucket/data';
  const settings = { ...environment, DATA_DIR, REDIS_URL: 'redis://127.0.0.1:1' };
  const message = `DATA_DIR="${DATA_DIR}" cannot be used: the storage of DATA_DIR has no such bucket (NoSuchBucket)\n`;
  const service = spawnService(settings);
  expect(await service.ended).toBe(2);
  expect(service.stderr()).toContain(message);
  const worker = spawnWorker(settings);
  expect(await worker.ended).toEqual([2, null]);
  expect(worker.stderr()).toContain(message);
});

testWith(moto(), redisServer())('a worker that starts while S3 is away waits for it', async () => {
  const { proxy, environment } = await openModels();
  const { url: REDIS_URL } = await startRedis();
  proxy.fault = away;
  const DATA_DIR = await temporaryFolder();
  const worker = spawnWorker({ ...environment, DATA_DIR, REDIS_URL });
  await expect.poll(worker.stderr).toContain('no models yet: the storage of MODELS_DIR cannot be');
  expect(worker.stdout()).toBe('');
  proxy.fault = undefined;
  await expect.poll(worker.stdout).toContain('running jobs of ');
});

testWith(moto(), redisServer())('a worker runs jobs on models in S3', async () => {
  const { s3, environment } = await openModels();
  const { url: REDIS_URL } = await startRedis();
  const shared = { ...environment, REDIS_URL, DATA_DIR: `${s3.place}/data`, ENGINE: 'onnx' };
  const service = await startService(shared);
  onTestFinished(service.kill);
  const host = new URL(REDIS_URL).host;
  expect(service.stdout()).toContain(
    `jobs    through redis ${host}, kept in ${s3.place}/data/jobs`,
  );
  expect(service.stderr()).not.toContain('NodeVersionSupportWarning');
  await startWorker({ ...shared, STORAGE_CACHE: path.join(await temporaryFolder(), 'other') });
  const answer = await fetch(`${service.url}/v1/models/demo/preferred-stimulus`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ neurons: '0', steps: 2 }),
  });
  expect(answer.status).toBe(202);
  const job = service.url + answer.headers.get('Location')!;
  const state = async () => ((await (await fetch(job)).json()) as { state: string }).state;
  await expect.poll(state).toBe('succeeded');
});
