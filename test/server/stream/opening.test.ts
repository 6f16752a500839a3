import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { ClientOptions } from 'ws';
import { tinyModel } from '../../support/cards.js';
import { fixedRepository } from '../../support/fixed-repository.js';
import { startTestApp } from '../../support/listening-app.js';
import { openStream, requestRejectedStream } from '../../support/stream-client.js';

const DIGEST = { 1: '1'.repeat(64), 2: '2'.repeat(64) };

/** Sends a raw request. @returns everything until the server closes the connection */
async function raw(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(request.replaceAll('\n', '\r\n'));
  return await text(socket);
}

test('the first message states the agreed parameters and the model', async () => {
  const { url } = await startTestApp();
  const headers = { 'X-Request-Id': 'rig-3' };
  const stream = await openStream(
    url,
    `tiny/stream?dtype=float32&neurons=7,0-1&shape=3x2&patience=40.5&digest=${DIGEST[2]}`,
    { headers },
  );
  expect(stream.ready).toEqual({
    type: 'ready',
    model: { name: 'tiny', version: 2, digest: DIGEST[2] },
    neurons: [7, 0, 1],
    shape: [3, 2],
    dtype: 'float32',
    patience: 40.5,
    limits: { frameBytes: 8 + 4 * 6, answerBytes: 32 + 4 * 3, framesAtWork: 16 },
    id: 'rig-3',
  });
  expect(stream.headers).toMatchObject({ 'x-request-id': 'rig-3', etag: `"${DIGEST[2]}"` });
  expect(stream.headers).not.toHaveProperty('sec-websocket-extensions');
  const other = await openStream(url, 'tiny/versions/1/stream?dtype=uint8');
  expect(other.ready).toMatchObject({
    model: { version: 1, digest: DIGEST[1] },
    neurons: [0, 1, 2, 7],
    dtype: 'uint8',
    patience: null,
    limits: { frameBytes: 8 + 6 },
  });
});

const FIXED = 'tiny/stream?dtype=uint8';
const elsewhere: ClientOptions = { origin: 'https://evil.example' };
test.each<[string, number, RegExp, ClientOptions?]>([
  ['tin/stream?dtype=uint8', 404, /unknown model: 'tin'; expected one of tiny, broken/],
  ['tiny/versions/9/stream?dtype=uint8', 404, /unknown version of tiny: 9; expected one of 1, 2/],
  ['broken/stream?dtype=uint8', 503, /broken\/1 is not served: no 'x.bin'/],
  ['tiny/stream', 400, /'dtype' is missing; expected one of "uint8", "float32"/],
  ['tiny/stream?dtype=float64', 400, /'dtype' is "float64"; expected one of "uint8", "float32"/],
  [`${FIXED}&dtpye=1`, 400, /'dtpye' is not known; expected one of dtype, neurons, shape, digest/],
  [`${FIXED}&patience=soon`, 400, /'patience' must be a number of milliseconds/],
  [`${FIXED}&digest=22`, 400, /'digest' must be the 64 hexadecimal digits/],
  [`${FIXED}&shape=6`, 400, /'shape' must be height x width in pixels, such as 50x50/],
  [`${FIXED}&shape=2x3`, 422, /shape 2x3: the model takes images of 3 high x 2 wide pixels/],
  [`${FIXED}&shape=3x2x3`, 422, /shape 3x2x3: the model takes images of 3 high x 2 wide pixels/],
  [`${FIXED}&neurons=0,99`, 422, /unknown neuron: 99/],
  [`${FIXED}&digest=${DIGEST[1]}`, 412, /tiny\/2 has the digest 2+, the query names another/],
  [FIXED, 412, /If-Match names another/, { headers: { 'If-Match': `"${DIGEST[1]}"` } }],
  [FIXED, 403, /pages from https:\/\/evil.example may not send requests/, elsewhere],
  [FIXED, 403, /pages from null may not/, { origin: 'null' }],
])('%s is rejected with %i and a problem', async (path, status, detail, options = {}) => {
  const { url, log } = await startTestApp();
  const rejection = await requestRejectedStream(url, path, options);
  expect(rejection.status).toBe(status);
  expect(rejection.headers['content-type']).toBe('application/problem+json');
  const requestId = rejection.headers['x-request-id'];
  expect(rejection.body).toMatchObject({
    status,
    detail: expect.stringMatching(detail),
    requestId,
  });
  expect(log).toMatchObject([{ msg: 'request', status, request: requestId }]);
});

test('a page of the service itself may open a stream', async () => {
  const { url } = await startTestApp();
  const { ready } = await openStream(url, FIXED, { origin: url });
  expect(ready).toMatchObject({ type: 'ready' });
});

test('streams beyond the maximum are rejected until one has ended', async () => {
  const { url } = await startTestApp({ streams: { most: 1 } });
  const first = await openStream(url, FIXED);
  const rejection = await requestRejectedStream(url, FIXED);
  expect(rejection).toMatchObject({
    status: 503,
    headers: { 'retry-after': '1' },
    body: { detail: 'too many open streams: 2; expected at most 1' },
  });
  first.socket.close();
  await first.closed;
  await expect
    .poll(async () => (await openStream(url, FIXED)).ready)
    .toMatchObject({ type: 'ready' });
});

test('no stream is opened while models are loading or the service shuts down', async () => {
  const { url, state, service } = await startTestApp();
  state.readiness = { state: 'loading' };
  expect(await requestRejectedStream(url, FIXED)).toMatchObject({
    status: 503,
    body: { detail: 'the models are still being loaded' },
  });
  state.readiness = { state: 'draining', service };
  expect(await requestRejectedStream(url, FIXED)).toMatchObject({
    status: 503,
    body: { detail: 'the service is shutting down' },
  });
});

test('a request without a WebSocket gets no stream but a response that says so', async () => {
  const { app } = await startTestApp();
  const answer = await app.request(`/v1/models/${FIXED}`);
  expect(answer.status).toBe(426);
  expect(answer.headers.get('upgrade')).toBe('websocket');
  expect((await app.request(`/v1/models/${FIXED}`, { method: 'POST' })).status).toBe(405);
});

test('an invalid handshake is rejected with what it lacks', async () => {
  const { url } = await startTestApp();
  const head = `GET /v1/models/${FIXED} HTTP/1.1\nHost: x\nConnection: Upgrade\nUpgrade: websocket\n`;
  const noKey = await raw(url, `${head}Sec-WebSocket-Version: 13\n\n`);
  expect(noKey).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
  expect(noKey).toMatch(/no WebSocket: Missing or invalid Sec-WebSocket-Key header/);
  const old = await raw(url, `${head}Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\n\n`);
  expect(old).toMatch(/sec-websocket-version: 13\r\n/i);
  expect(old).toMatch(/Missing or invalid Sec-WebSocket-Version header/);
});

test('other routes answer a WebSocket request like any other', async () => {
  const { url } = await startTestApp();
  const upgrade = 'Connection: Upgrade\nUpgrade: websocket\n';
  const answer = await raw(url, `GET /livez HTTP/1.1\nHost: x\n${upgrade}\n`);
  expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n.*connection: close\r\n.*\{"live":true\}$/is);
  expect(await raw(url, `GET http://[ HTTP/1.1\nHost: x\n${upgrade}\n`)).toMatch(/^HTTP\/1.1 400 /);
});

test('a request for another protocol is answered in HTTP with its body, and so is the next one', async () => {
  const { url } = await startTestApp();
  const body = JSON.stringify({
    stimuli: [
      [
        [1, 1],
        [1, 1],
        [1, 1],
      ],
    ],
  });
  const answers = await raw(
    url,
    'POST /v1/models/tiny/responses HTTP/1.1\nHost: x\nConnection: Upgrade, HTTP2-Settings\n' +
      'Upgrade: h2c\nHTTP2-Settings: AAMAAABkAAQAAP__\nContent-Type: application/json\n' +
      `Content-Length: ${body.length}\n\n${body}` +
      'GET /livez HTTP/1.1\nHost: x\nConnection: close\n\n',
  );
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  expect(answers).toContain('"responses":[[6,12,18,24]]');
  expect(answers).toContain('{"live":true}');
});

test('a client that resets the connection during the handshake does no harm', async () => {
  const { url } = await startTestApp();
  const { hostname, port } = new URL(url);
  for (const path of [FIXED, 'nothing/stream']) {
    const socket = connect(Number(port), hostname);
    socket.write(
      `GET /v1/models/${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await once(socket, 'connect');
    socket.resetAndDestroy();
  }
  const { ready } = await openStream(url, FIXED);
  expect(ready).toMatchObject({ type: 'ready' });
});

test('a model stays with the engine until its streams have ended', async () => {
  const catalogue = fixedRepository([tinyModel('tiny', 1)], []);
  const { url } = await startTestApp({ catalogue });
  const stream = await openStream(url, FIXED);
  expect(catalogue.held).toContain(DIGEST[1]);
  stream.socket.close();
  await expect.poll(() => catalogue.held).toEqual([]);
});
