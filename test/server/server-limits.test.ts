import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { type ListenOptions, SERVER_LIMITS } from '../../src/server/listen.js';
import { startTestApp } from '../support/listening-app.js';

const PATH = '/v1/models/tiny/responses';
const NPY = Buffer.from(encodeNpy(new Float32Array(6).fill(0.5), [3, 2]));

/** Timeouts that are short enough for a test; nothing depends on their exact values. */
const SHORT = {
  ...SERVER_LIMITS,
  headersTimeout: 100,
  requestTimeout: 200,
  connectionsCheckingInterval: 20,
};

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

const start = (options?: ListenOptions) => startTestApp({}, options);

function open(url: string): Socket {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  sockets.push(socket);
  return socket;
}

/** Sends raw bytes. @returns everything that the server sends until it closes the connection */
async function raw(url: string, request: string): Promise<string> {
  const socket = open(url);
  socket.write(request, 'latin1');
  return text(socket);
}

const statusesIn = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

/** Sends one byte after the other until the server closes the connection. */
async function trickle(socket: Socket, bytes: string): Promise<void> {
  for (let i = 0; !socket.destroyed && socket.writable; i++) {
    socket.write(bytes[i % bytes.length]!);
    await pause(10);
  }
}

test('headers that arrive too slowly are answered with 408', async () => {
  const { url } = await start({ limits: SHORT });
  const socket = open(url);
  const answer = text(socket);
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  void trickle(socket, 'x');
  expect(statusesIn(await answer)).toEqual([408]);
});

test.each([
  ['announced', 'Content-Length: 4000', 'x'],
  ['chunked', 'Transfer-Encoding: chunked', '1\r\nx\r\n'],
])(
  'a body that arrives too slowly, %s, is answered with 408 and costs no compute',
  async (_, header, bytes) => {
    const { url, engine, log } = await start({ limits: SHORT });
    const socket = open(url);
    const answer = text(socket);
    socket.write(`POST ${PATH} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`);
    void trickle(socket, bytes);
    expect(statusesIn(await answer)).toEqual([408]);
    expect(engine.requests).toHaveLength(0);
    await expect.poll(() => log.map(({ status }) => status)).toEqual([499]);
  },
);

test('a long computation does not count as a slow client', async () => {
  const { url, engine } = await start({ limits: SHORT });
  engine.hold();
  const answer = raw(
    url,
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${NPY.length}\r\n\r\n` +
      NPY.toString('latin1'),
  );
  await engine.whenRequested(1);
  // This request began later and is ended since it takes too long.
  const unfinished = `POST ${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n`;
  expect(statusesIn(await raw(url, unfinished))).toEqual([408]);
  engine.open();
  expect(statusesIn(await answer)).toEqual([200]);
});

test('a first line or headers beyond 16 KiB are answered with 431', async () => {
  const { url, log } = await start();
  const long = 'x'.repeat(17 * 1024);
  expect(statusesIn(await raw(url, `GET /${long} HTTP/1.1\r\nHost: x\r\n\r\n`))).toEqual([431]);
  const headers = `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${long}\r\n\r\n`;
  expect(statusesIn(await raw(url, headers))).toEqual([431]);
  const below = `GET /${'x'.repeat(15 * 1024)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
  expect(statusesIn(await raw(url, below))).toEqual([404]);
  expect(log).toHaveLength(1);
});

test.each([
  ['two lengths', 'Content-Length: 5\r\nContent-Length: 6', 'hello'],
  ['a length and chunks', 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
  ['chunks that are not the last coding', 'Transfer-Encoding: chunked, identity', '0\r\n\r\n'],
  ['a space before the colon', 'Content-Length : 5', 'hello'],
  ['a length with a sign', 'Content-Length: +5', 'hello'],
  ['a header without a carriage return', 'X: y\nContent-Length: 5', 'hello'],
  ['a folded header', 'X: y\r\n Content-Length: 5', 'hello'],
  ['a chunk whose length is none', 'Transfer-Encoding: chunked', '0x5\r\nhello\r\n0\r\n\r\n'],
])(
  'a request with an ambiguous end is rejected together with what follows it: %s',
  async (_, header, body) => {
    const { url, engine, log } = await start();
    const smuggled = `GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n`;
    const answer = await raw(
      url,
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n${body}${smuggled}`,
    );
    expect(statusesIn(answer)).toEqual([400]);
    expect(engine.requests).toHaveLength(0);
    expect(log.map(({ path }) => path)).not.toContain('/v1/models');
  },
);

test('bytes that are not a request, or have an invalid URL or host, are answered with 400', async () => {
  const { url, engine } = await start();
  for (const request of [
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET livez HTTP/1.1\r\nHost: x\r\n\r\n',
    'NOTHING / HTTP/1.1\r\nHost: x\r\n\r\n',
    'GET /livez HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    'GET /livez HTTP/1.1\r\nHost: x/y?z\r\nConnection: close\r\n\r\n',
    'GET /v1\\models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  ]) {
    expect(statusesIn(await raw(url, request)), JSON.stringify(request)).toEqual([400]);
  }
  expect(engine.requests).toHaveLength(0);
});

const LIVE = 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n';

/** Opens connections without sending anything. */
async function openIdle(url: string, count: number): Promise<Socket[]> {
  const idle = Array.from({ length: count }, () => open(url));
  await Promise.all(idle.map((socket) => once(socket, 'connect')));
  return idle;
}

test.each([
  ['in all', { maxConnections: 2 }, 503, 'too many connections: 3; expected at most 2'],
  [
    'of an address',
    { maxConnectionsPerAddress: 2 },
    429,
    'too many connections of this address: 3',
  ],
])(
  'a connection beyond the limit %s is rejected with the reason but may read the health',
  async (_, limit, status, reason) => {
    let drops = 0;
    const onDrop = () => {
      drops += 1;
    };
    const { url } = await start({ limits: { ...SERVER_LIMITS, ...limit }, onDrop });
    const [first] = await openIdle(url, 2);
    await raw(url, LIVE);
    const rejected = await raw(url, 'GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(statusesIn(rejected)).toEqual([status]);
    expect(rejected).toContain(reason);
    expect(rejected).toMatch(/^Connection: close\r$/im);
    const stream =
      'GET /v1/models/tiny/stream?dtype=uint8 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n' +
      'Upgrade: websocket\r\n\r\n';
    expect(statusesIn(await raw(url, stream))).toEqual([status]);
    for (const path of ['/livez', '/readyz', '/metrics']) {
      const answer = await raw(url, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(statusesIn(answer), path).toEqual([200]);
    }
    expect(drops).toBe(6);
    first!.end();
    await once(first!, 'close');
    const freed = () =>
      raw(url, 'GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n').catch(() => '');
    await expect.poll(async () => statusesIn(await freed())).toEqual([200]);
  },
);

test('a flood of idle connections does not block health checks from the own address', async () => {
  const limits = { ...SERVER_LIMITS, maxConnectionsPerAddress: 10 };
  const { url } = await start({ limits });
  const idle = await openIdle(url, 300);
  for (const path of ['/livez', '/readyz', '/metrics']) {
    const answer = await raw(url, `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect(statusesIn(answer), path).toEqual([200]);
  }
  // Connections within the limit stay, and of the others only as many as allowed.
  for (const socket of idle.slice(0, 10)) expect(socket.destroyed).toBe(false);
  const openOnes = () => idle.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
  await expect.poll(openOnes).toBeLessThanOrEqual(74);
});

test('HTTP/1.0 without a host is answered', async () => {
  const { url, log } = await start();
  for (const path of ['/livez', '/readyz', '/metrics', '/v1/models']) {
    expect(await raw(url, `GET ${path} HTTP/1.0\r\n\r\n`), path).toMatch(/^HTTP\/1\.1 200 /);
  }
  expect(log).toHaveLength(4);
});
