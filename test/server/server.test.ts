import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { StartError } from '../../src/server/bind.js';
import { listen } from '../../src/server/listen.js';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { startTestApp } from '../support/listening-app.js';

const MEGABYTE = new Uint8Array(1_000_000);
const NPY = new Uint8Array(encodeNpy(new Float32Array(6).fill(0.5), [3, 2]));

async function start(options: TestAppOptions = {}) {
  const parts = await startTestApp(options);
  return { ...parts, url: `${parts.url}/v1/models/tiny/responses` };
}

function good(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = { 'Content-Type': 'application/x-npy' };
  return fetch(url, { method: 'POST', body: NPY, headers, ...init });
}

/**
 * Sends 200 MB and then a second request before it reads the responses.
 * @returns the status of both answers
 */
async function sendAll(url: string, header: string, frame: readonly [string, string]) {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
  for (let sent = 0; sent < 200; sent++) {
    socket.write(frame[0]);
    socket.write(MEGABYTE);
    if (!socket.write(frame[1])) await once(socket, 'drain');
  }
  if (frame[0] !== '') socket.write('0\r\n\r\n');
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  return [...(await text(socket)).matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => status);
}

test('200 MB are rejected with 413 and not kept in memory, with or without a length', async () => {
  const { url } = await start();
  const before = process.memoryUsage.rss();
  expect(await sendAll(url, 'Content-Length: 200000000', ['', ''])).toEqual(['413', '200']);
  const chunk = [`${MEGABYTE.length.toString(16)}\r\n`, '\r\n'] as const;
  expect(await sendAll(url, 'Transfer-Encoding: chunked', chunk)).toEqual(['413', '200']);
  expect(process.memoryUsage.rss() - before).toBeLessThan(150_000_000);
  expect((await good(url)).status).toBe(200);
});

test('a chunked body below the limit is read whole', async () => {
  const { url } = await start();
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(NPY.slice(0, 50));
      controller.enqueue(NPY.slice(50));
      controller.close();
    },
  });
  const answer = await good(url, { body: stream, duplex: 'half' });
  expect(await answer.json()).toMatchObject({ responses: [[3, 6, 9, 12]] });
});

test('a body in thousands of tiny chunks is rejected before it is read whole', async () => {
  const { url, log } = await start({ limits: { maxBody: 10 ** 6 } });
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname).on('error', () => {});
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`);
  socket.write('1\r\n0\r\n'.repeat(4096));
  socket.write('1\r\n0\r\n'.repeat(4096));
  await expect.poll(() => log.map(({ status }) => status)).toEqual([400]);
  socket.destroy();
  expect((await good(url)).status).toBe(200);
});

test('a request whose client closes the connection is removed from the queue', async () => {
  const { url, engine, scheduler, log } = await start();
  engine.hold();
  const first = good(url);
  await engine.whenRequested(1);
  const client = new AbortController();
  const gone = good(url, { signal: client.signal });
  await expect.poll(() => scheduler.depth).toBe(2);
  client.abort();
  await expect(gone).rejects.toThrow();
  await expect.poll(() => scheduler.depth).toBe(1);
  engine.open();
  expect((await first).status).toBe(200);
  expect(engine.requests).toHaveLength(1);
  await expect.poll(() => log.map(({ status }) => status)).toEqual([499, 200]);
});

test('a body that ends halfway is not a bug of the service', async () => {
  const { url, log } = await start();
  const half = request(url, { method: 'POST', headers: { 'Content-Length': '1000' } });
  half.on('error', () => {});
  half.write(NPY.slice(0, 20));
  await once(half, 'socket');
  half.destroy();
  const chunked = request(url, { method: 'POST' });
  chunked.on('error', () => {});
  chunked.write(NPY.slice(0, 20), () => chunked.destroy());
  expect((await good(url)).status).toBe(200);
  await expect.poll(() => log.map(({ status }) => status)).not.toContain(500);
});

test('closing answers running and arriving requests and accepts no new connections', async () => {
  const { url, engine, server } = await start();
  const { hostname, port, origin } = new URL(url);
  const open = async () => {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return socket;
  };
  const silent = await open();
  engine.hold();
  const answer = good(url);
  await engine.whenRequested(1);
  const closed = server.close();
  // These connections send their request only now, and one is not accepted yet.
  const late = fetch(`${origin}/livez`);
  const answers = [silent, await open()].map((socket) => {
    socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
    return text(socket);
  });
  expect((await late).status).toBe(200);
  for (const each of await Promise.all(answers)) expect(each).toMatch(/^HTTP\/1\.1 200 /);
  await expect.poll(() => fetch(`${origin}/livez`).catch(() => 'refused')).toBe('refused');
  engine.open();
  expect((await answer).status).toBe(200);
  await closed;
});

test('a service that must end answers 503 to late and new requests', async () => {
  const { url, engine, cut } = await start();
  engine.hold();
  const waiting = [good(url), good(url)];
  await engine.whenRequested(1);
  cut.abort();
  for (const each of [...waiting, good(url)]) {
    const answer = await each;
    expect(answer.status).toBe(503);
    expect(answer.headers.get('Retry-After')).toBe('1');
    expect(await answer.json()).toMatchObject({
      detail: 'the service ends before this is answered: send it again',
    });
  }
  engine.open();
});

test('a port that is in use and an unknown host are reported with what to do', async () => {
  const { app } = createTestApp();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const inUse = listen(app, { host: '127.0.0.1', port });
  await expect(inUse).rejects.toThrow(
    new StartError(
      `PORT=${port} is in use: stop what listens there, or choose another, e.g. PORT=${port + 1}`,
    ),
  );
  taken.close();
  await expect(listen(app, { host: '192.0.2.1', port: 0 })).rejects.toThrow(
    /^HOST is not an address of this machine: 192.0.2.1; expected /,
  );
});
