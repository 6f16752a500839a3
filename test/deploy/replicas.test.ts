import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { freePort } from '../../bench/programs/free-port.js';
import { encodeNpy } from '../../src/formats/npy.js';
import { testWith } from '../support/capabilities.js';
import { haproxy, startHaproxy } from '../support/haproxy.js';
import { redisServer, startRedis } from '../support/redis.js';
import { startService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { startWorker } from '../support/worker.js';

const test = testWith(haproxy(), redisServer());
const MODELS_DIR = fileURLToPath(new URL('../../models', import.meta.url));
const RESPONSES = '/v1/models/demo/responses';
const IMAGES = 8;
const CLIENTS = 4;
/** Answers that clients get after each kill, before the next. */
const ANSWERS = 40;

/** Three services behind HAProxy, and two workers, which share Redis and a folder. */
async function startDepartment() {
  const redis = await startRedis();
  const shared = { REDIS_URL: redis.url, DATA_DIR: await temporaryFolder(), MODELS_DIR };
  const replicas = [];
  for (let i = 0; i < 3; i++) {
    const PORT = String(await freePort());
    const start = () =>
      startService({ ...shared, PORT, GRACE_SECONDS: '0', ENGINE: 'onnx', THREADS: '1' });
    const replica = { service: await start(), restart: async () => {} };
    replica.restart = async () => {
      replica.service = await start();
    };
    onTestFinished(() => replica.service.kill());
    replicas.push(replica);
  }
  const workers = [await startWorker(shared), await startWorker(shared)];
  const proxy = await startHaproxy(replicas.map(({ service }) => new URL(service.url).host));
  return { redis, replicas, workers, proxy, startWorker: () => startWorker(shared) };
}

function image(index: number): Uint8Array<ArrayBuffer> {
  const pixels = Float32Array.from({ length: 2500 }, (_, i) => ((i * (index + 3)) % 97) / 97);
  return new Uint8Array(encodeNpy(pixels, [50, 50]));
}

async function predict(url: string, index: number, key: string): Promise<string> {
  const answer = await fetch(url + RESPONSES, {
    method: 'POST',
    body: image(index),
    headers: { 'Content-Type': 'application/x-npy', 'Idempotency-Key': key, Accept: 'text/csv' },
  });
  const text = await answer.text();
  return answer.status === 200 ? text : `${answer.status} ${text}`;
}

/** Clients that send images one after the other, and again where a connection fails. */
function startLoad(url: string, expected: readonly string[]) {
  const seen = { answers: 0, wrong: [] as string[], lost: 0 };
  let ending = false;
  const client = async () => {
    for (let i = 0; !ending; i++) {
      const [index, key] = [i % IMAGES, randomUUID()];
      for (let isAnswered = false; !isAnswered && !ending; ) {
        const text = await predict(url, index, key).catch(() => undefined);
        if (text === undefined) {
          seen.lost++;
          continue;
        }
        isAnswered = true;
        seen.answers++;
        if (text !== expected[index]) seen.wrong.push(text);
      }
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  const end = async () => {
    ending = true;
    await clients;
  };
  onTestFinished(end);
  return { seen, end };
}

test('whatever part is killed under load, requests get the right answers, and jobs their results', async () => {
  const { redis, replicas, workers, proxy, startWorker: addWorker } = await startDepartment();
  const expected: string[] = [];
  for (let i = 0; i < IMAGES; i++) {
    expected.push(await predict(replicas[0]!.service.url, i, randomUUID()));
  }
  const { seen, end } = startLoad(proxy.url, expected);
  const moreAnswers = async () => {
    const wanted = seen.answers + ANSWERS;
    await expect.poll(() => seen.answers).toBeGreaterThan(wanted);
  };
  const submit = () =>
    fetch(`${proxy.url}/v1/models/demo/characterize`, {
      method: 'POST',
      body: JSON.stringify({ neurons: '0-1' }),
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
    });
  const submitted = async () => {
    const answer = await submit();
    expect(answer.status).toBe(202);
    return answer.headers.get('Location')!;
  };
  const readJob = async (place: string) =>
    (await (await fetch(proxy.url + place)).json()) as {
      state: string;
      progress: { done: number };
    };
  const finished = (place: string) =>
    expect.poll(async () => (await readJob(place)).state).toBe('succeeded');
  const readResult = async (place: string) =>
    (await fetch(`${proxy.url}${place}/result?part=characterization.csv`)).text();

  const continued = await submitted();
  await expect.poll(async () => (await readJob(continued)).progress.done).toBeGreaterThan(100);
  for (const worker of workers) {
    await worker.kill();
    await addWorker();
    await moreAnswers();
  }
  for (const replica of replicas) {
    await replica.service.kill();
    await moreAnswers();
    await replica.restart();
  }
  await redis.kill();
  await moreAnswers();
  expect((await submit()).status).toBe(503);
  await redis.restart();
  await expect.poll(async () => (await readJob(continued)).state).toMatch(/running|succeeded/);
  await moreAnswers();
  expect(seen).toMatchObject({ wrong: [], lost: 0 });

  await proxy.kill();
  await proxy.restart();
  await moreAnswers();
  await end();
  expect(seen.wrong).toEqual([]);
  await finished(continued);
  const whole = await submitted();
  await finished(whole);
  expect(await readResult(continued)).toBe(await readResult(whole));
});
