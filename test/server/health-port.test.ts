import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { spawnService } from '../support/service.js';
import {
  constantModelFolder,
  requestResponses,
  startTestService,
} from '../support/test-service.js';

async function start(environment: Record<string, string> = {}) {
  const service = await startTestService({ HEALTH_PORT: '0', ...environment });
  const health = /^listening for health checks \.\.\. (\S+), \d/m.exec(service.stdout())?.[1];
  return { ...service, health: health! };
}

async function statusOf(url: string): Promise<number> {
  return (await fetch(url, { headers: { Connection: 'close' } })).status;
}

test('the health port answers health checks and metrics and nothing else', async () => {
  const { url, health } = await start();
  expect(health).not.toBe(url);
  for (const route of ['/livez', '/readyz', '/metrics', '/v2/health/live', '/v2/health/ready']) {
    expect([route, await statusOf(health + route)]).toEqual([route, 200]);
    expect([route, await statusOf(url + route)]).toEqual([route, 200]);
  }
  for (const route of ['/', '/v1/models', '/docs', '/openapi.json']) {
    expect([route, await statusOf(health + route)]).toEqual([route, 404]);
    expect([route, await statusOf(url + route)]).toEqual([route, 200]);
  }
  expect(await (await fetch(`${health}/v1/models`)).json()).toMatchObject({
    detail: 'no such path; expected /livez, /readyz, /metrics, /v2/health/live, /v2/health/ready',
  });
});

test('connections of the health port are counted separately', async () => {
  const { url, health } = await start({ MAX_CONNECTIONS: '1' });
  const { hostname, port } = new URL(url);
  const holder = connect(Number(port), hostname);
  await once(holder, 'connect');
  await expect.poll(() => statusOf(`${url}/v1/models`)).toBe(503);
  // This path is rejected on the main port when there is no room for a connection.
  expect(await statusOf(`${health}/v1/models`)).toBe(404);
  holder.destroy();
});

test('after SIGTERM the health port closes last', async () => {
  const { url, health, child, children, ended } = await start();
  const [inference] = children();
  process.kill(inference!, 'SIGSTOP');
  const waiting = requestResponses(url);
  const metrics = async () => (await fetch(`${health}/metrics`)).text();
  await expect.poll(metrics).toContain('hypercolumn_queue_depth 1\n');
  child.kill('SIGTERM');
  const answersAtAll = () =>
    statusOf(`${url}/livez`).then(
      () => true,
      () => false,
    );
  await expect.poll(answersAtAll).toBe(false);
  expect(await statusOf(`${health}/readyz`)).toBe(503);
  expect(await statusOf(`${health}/livez`)).toBe(200);
  process.kill(inference!, 'SIGCONT');
  expect((await waiting).status).toBe(200);
  expect(await ended).toBe(0);
});

test('a health port that is in use is named in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { ended, stderr } = spawnService({
    MODELS_DIR: await constantModelFolder(),
    HEALTH_PORT: String(port),
    LOG_LEVEL: 'fatal',
  });
  expect(await ended).toBe(1);
  expect(stderr()).toMatch(/^HEALTH_PORT=\d+ is in use: .*\n$/);
  taken.close();
});
