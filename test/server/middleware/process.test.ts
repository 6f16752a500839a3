import { writeFile } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { type Scope, secretDigest } from '../../../src/server/middleware/api-keys.js';
import { spawnService } from '../../support/service.js';
import { temporaryFolder } from '../../support/store.js';
import { constantModelFolder, GRAY_NPY, startTestService } from '../../support/test-service.js';

const PATH = '/v1/models/constant/responses';

let keysFile = '';
beforeEach(async () => {
  keysFile = path.join(await temporaryFolder(), 'keys');
});

async function writeKeys(...keys: { name: string; secret: string; scopes: Scope[] }[]) {
  const lines = keys.map(({ secret, ...key }) =>
    JSON.stringify({ ...key, sha256: secretDigest(secret) }),
  );
  await writeFile(keysFile, lines.join('\n'), { mode: 0o600 });
}

function send(url: string, headers: Record<string, string> = {}, query = ''): Promise<Response> {
  return fetch(`${url}${PATH}${query}`, {
    method: 'POST',
    body: GRAY_NPY,
    headers: { 'Content-Type': 'application/x-npy', ...headers },
  });
}

const bearer = (secret: string) => ({ Authorization: `Bearer ${secret}` });

test('keys are required, read again on SIGHUP, and never logged', async () => {
  const [rig, ops, prometheus] = ['hc_of-the-rig', 'hc_of-the-operator', 'hc_of-prometheus'];
  const wrong = 'hc_of-nobody';
  await writeKeys(
    { name: 'rig', secret: rig, scopes: ['predict'] },
    { name: 'ops', secret: ops, scopes: ['admin'] },
    { name: 'prometheus', secret: prometheus, scopes: ['metrics'] },
  );
  const { url, child, stderr } = await startTestService({
    HOST: '0.0.0.0',
    API_KEYS_FILE: keysFile,
    LOG_LEVEL: 'trace',
  });
  const statuses = async () => [
    (await send(url, bearer(rig))).status,
    (await send(url, bearer(ops))).status,
    (await send(url)).status,
    (await fetch(`${url}/livez`)).status,
    (await fetch(`${url}/metrics`)).status,
    (await fetch(`${url}/metrics`, { headers: bearer(prometheus) })).status,
  ];
  expect(await statuses()).toEqual([200, 403, 401, 200, 401, 200]);

  for (const answer of [
    await send(url, bearer(wrong)),
    await send(url, { 'X-Api-Key': rig, Cookie: `key=${rig}` }),
    await send(url, { Authorization: `Basic ${rig}` }),
    await send(url, {}, `?api_key=${rig}`),
    await fetch(`${url}/nothing?key=${rig}`, { headers: bearer(rig) }),
    await fetch(`${url}${PATH}`, { method: 'POST', body: rig, headers: bearer(rig) }),
    await send(url, bearer(rig), `?fit=${ops}`),
  ]) {
    expect([400, 401, 404, 415]).toContain(answer.status);
  }

  await writeKeys({ name: 'rig', secret: 'hc_another', scopes: ['predict'] });
  child.kill('SIGHUP');
  await expect.poll(async () => (await send(url, bearer(rig))).status).toBe(401);
  expect((await send(url, bearer('hc_another'))).status).toBe(200);

  const lines = stderr().trimEnd().split('\n');
  const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
  expect(requests.filter(({ client }) => client === 'rig').length).toBeGreaterThan(2);
  for (const secret of [rig, ops, wrong, 'hc_another', secretDigest(rig), secretDigest(ops)]) {
    expect(stderr()).not.toContain(secret);
  }
});

test('the service does not serve the network without keys unless it is configured to', async () => {
  const open = { MODELS_DIR: await constantModelFolder(), HOST: '0.0.0.0' };
  const rejected = spawnService(open);
  expect(await rejected.ended).toBe(2);
  expect(rejected.stderr()).toMatch(
    /^HOST=0\.0\.0\.0 accepts requests from the network: .*ALLOW_ANONYMOUS=1.*\n$/,
  );
  await writeFile(keysFile, '{"name": "rig"}', { mode: 0o600 });
  const bad = spawnService({ ...open, API_KEYS_FILE: keysFile });
  expect(await bad.ended).toBe(2);
  expect(bad.stderr()).toMatch(/^API_KEYS_FILE=".*\/keys", line 1\.sha256: .*\n$/);
  const { url } = await startTestService({ HOST: '0.0.0.0', ALLOW_ANONYMOUS: '1' });
  expect((await send(url)).status).toBe(200);
});

test('a service stopped under load answers every request of kept-alive connections', async () => {
  const { url, child, ended } = await startTestService({ GRACE_SECONDS: '3', LOG_LEVEL: 'silent' });
  const statuses: (number | undefined)[] = [];
  /** Sends requests over one connection until the service closes it, as a load balancer would. */
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let last: IncomingMessage | undefined; last?.headers.connection !== 'close'; ) {
      last = await post(url, agent);
      statuses.push(last.statusCode);
    }
    agent.destroy();
  };
  const load = Array.from({ length: 8 }, client);
  await expect.poll(() => statuses.length).toBeGreaterThan(40);
  child.kill('SIGTERM');
  await Promise.all(load);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(await ended).toBe(0);
});

/** Rejects when the connection ends before the whole response has arrived. */
function post(url: string, agent: Agent): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'application/x-npy', 'Content-Length': GRAY_NPY.length };
    request(`${url}${PATH}`, { method: 'POST', agent, headers }, (answer) => {
      answer.on('error', reject);
      answer.on('end', () => resolve(answer));
      answer.resume();
    })
      .on('error', reject)
      .end(GRAY_NPY);
  });
}
