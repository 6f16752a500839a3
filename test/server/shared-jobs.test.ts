import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { testWith } from '../support/capabilities.js';
import { redisServer, startRedis } from '../support/redis.js';
import { startService } from '../support/service.js';
import { temporaryFolder } from '../support/store.js';
import { spawnWorker, startWorker } from '../support/worker.js';

const test = testWith(redisServer());
const MODELS_DIR = fileURLToPath(new URL('../../models', import.meta.url));

test('a job of a killed worker is continued by another to the same bytes, at each service; a worker with another DATA_DIR does not start', async () => {
  const redis = await startRedis();
  const shared = { REDIS_URL: redis.url, DATA_DIR: await temporaryFolder(), MODELS_DIR };
  const [first, second] = await Promise.all(
    [0, 1].map(async () => {
      const service = await startService({ GRACE_SECONDS: '0', ENGINE: 'onnx', ...shared });
      onTestFinished(service.kill);
      return service.url;
    }),
  );
  const post = async () => {
    const answer = await fetch(`${first}/v1/models/demo/characterize`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ neurons: '0-2' }),
    });
    expect(answer.status).toBe(202);
    return answer.headers.get('Location')!;
  };
  const readJob = async (url: string | undefined, place: string) =>
    (await (await fetch(url + place)).json()) as { state: string; progress: { done: number } };
  const readResult = async (place: string) => {
    const answer = await fetch(`${second}${place}/result?part=characterization.csv`);
    expect(answer.status).toBe(200);
    return answer.text();
  };
  const lost = await startWorker(shared);
  const continued = await post();
  await expect
    .poll(async () => (await readJob(second, continued)).progress.done)
    .toBeGreaterThan(700);
  await lost.kill();
  const worker = await startWorker(shared);
  await expect.poll(async () => (await readJob(second, continued)).state).toBe('succeeded');
  const whole = await post();
  await expect.poll(async () => (await readJob(first, whole)).state).toBe('succeeded');
  expect(await readResult(continued)).toBe(await readResult(whole));
  const other = spawnWorker({ ...shared, DATA_DIR: await temporaryFolder() });
  expect(await other.ended).toEqual([2, null]);
  expect(other.stderr()).toContain('is not the one of the services with this Redis');
  expect(other.stdout()).toBe('');
  expect(await worker.kill('SIGTERM')).toEqual([0, null]);
});
