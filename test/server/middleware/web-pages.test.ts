import { expect, test } from 'vitest';
import { createTestApp, type TestAppOptions } from '../../support/app.js';
import { bearer, keyRingOf } from '../../support/keys.js';

const LAB = 'https://lab.example';
const SWEEP = '/v1/models/tiny/tuning/parametric';

function start(access: TestAppOptions['access'] = {}) {
  const { app, engine } = createTestApp({ access });
  const send = (url: string, headers: Record<string, string> = {}, method = 'POST') =>
    app.request(url, { method, headers });
  return { send, engine };
}

test('every response forbids browsers to execute or embed it', async () => {
  const { send } = start();
  for (const [path, status] of [
    ['/livez', 200],
    ['/nothing', 404],
    ['/v1/models/other', 404],
  ] as const) {
    const answer = await send(path, {}, 'GET');
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(answer.headers.has('Access-Control-Allow-Origin')).toBe(false);
  }
});

test('a page of another origin may not send requests, its own page may', async () => {
  const { send, engine } = start();
  for (const Origin of [LAB, 'null', 'http://localhost:81', 'http://localhost.evil']) {
    const answer = await send(`http://localhost${SWEEP}`, { Origin });
    expect(answer.status, Origin).toBe(403);
    expect(await answer.json()).toMatchObject({
      detail: `pages from ${Origin} may not send requests; CORS_ORIGINS names those that may`,
    });
  }
  expect(engine.requests).toHaveLength(0);
  expect((await send(`http://localhost${SWEEP}`, { Origin: 'http://localhost' })).status).toBe(200);
  // This is the origin behind a proxy with TLS.
  expect((await send(`http://rig.lab${SWEEP}`, { Origin: 'https://rig.lab' })).status).toBe(200);
});

test('a page of a named origin may send requests and read the responses', async () => {
  const { send } = start({ origins: [LAB] });
  const answer = await send(SWEEP, { Origin: LAB });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(LAB);
  expect(answer.headers.get('Access-Control-Expose-Headers')).toContain('Server-Timing');
  expect(answer.headers.get('Vary')).toBe('Origin');
  const wrong = await send('/v1/models/other', { Origin: LAB });
  expect([wrong.status, wrong.headers.get('Access-Control-Allow-Origin')]).toEqual([405, LAB]);
  expect((await send(SWEEP, { Origin: 'https://evil.example' })).status).toBe(403);
});

test('a preflight needs no key and is allowed for named origins alone', async () => {
  const access = { origins: [LAB], keys: keyRingOf([{ name: 'rig', scopes: ['predict'] }]) };
  const { send } = start(access);
  const preflight = {
    Origin: LAB,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,x-deadline-ms',
  };
  const answer = await send(SWEEP, preflight, 'OPTIONS');
  expect(answer.status).toBe(204);
  expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(LAB);
  expect(answer.headers.get('Access-Control-Allow-Headers')).toBe('authorization,x-deadline-ms');
  const evil = { ...preflight, Origin: 'https://evil.example' };
  expect((await send(SWEEP, evil, 'OPTIONS')).status).toBe(403);
  expect((await send(SWEEP, { Origin: LAB })).status).toBe(401);
  expect((await send(SWEEP, { Origin: LAB, ...bearer('rig') })).status).toBe(200);
});

test('a local service is reached by its local names alone', async () => {
  const { send, engine } = start({ localOnly: true });
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', '10.0.0.1']) {
    // This is the origin of the page itself, so only the name is wrong.
    const answer = await send(`http://${host}:8080${SWEEP}`, { Origin: `http://${host}:8080` });
    expect(answer.status, host).toBe(421);
  }
  expect(engine.requests).toHaveLength(0);
  for (const host of ['localhost', '127.0.0.1:8080', '[::1]:8080', 'LOCALHOST:1']) {
    expect((await send(`http://${host}${SWEEP}`)).status, host).toBe(200);
  }
});
