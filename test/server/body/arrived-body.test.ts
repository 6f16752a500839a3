import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { type HttpServer, listen } from '../../../src/server/listen.js';
import { createTestApp } from '../../support/app.js';

/** 3x2 pixels, whose sum is the response of column 0 of the fake engine. */
const BODY = encodeNpy(Float32Array.of(0.5, 0.25, 0, 0, 0, 0), [1, 3, 2]);
const OTHER = encodeNpy(Float32Array.of(1, 1, 1, 0, 0, 0), [1, 3, 2]);

let server: HttpServer;
let socket: Socket;
let received: string;
beforeEach(async () => {
  server = await listen(createTestApp().app, { host: '127.0.0.1', port: 0 });
  const { hostname, port } = new URL(server.url);
  socket = connect({ host: hostname, port: Number(port), noDelay: true });
  received = '';
  socket.on('data', (bytes: Buffer) => {
    received += bytes.toString();
  });
  await once(socket, 'connect');
});
afterEach(async () => {
  socket.destroy();
  await server.close();
});

function head(body: Uint8Array, ...headers: string[]): Buffer {
  const lines = [
    'POST /v1/models/tiny/responses?neurons=0 HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/x-npy',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

const answers = () =>
  [...received.matchAll(/"responses":\[\[([\d.]+)\]\]/g)].map(([, value]) => value);

test('bodies that come with their headers, after them and in pieces are read on one connection', async () => {
  socket.write(Buffer.concat([head(BODY), BODY]));
  await expect.poll(answers).toEqual(['0.75']);
  socket.write(head(OTHER));
  socket.write(OTHER.subarray(0, 20));
  socket.write(OTHER.subarray(20));
  await expect.poll(answers).toEqual(['0.75', '3']);
  // Both requests are in one packet.
  socket.write(Buffer.concat([head(BODY), BODY, head(OTHER), OTHER]));
  await expect.poll(answers).toEqual(['0.75', '3', '0.75', '3']);
});

test('a body that came with its headers is read again where its answer is kept', async () => {
  const request = Buffer.concat([head(BODY, 'Idempotency-Key: one'), BODY]);
  socket.write(request);
  await expect.poll(answers).toEqual(['0.75']);
  socket.write(request);
  await expect.poll(answers).toEqual(['0.75', '0.75']);
  expect(received).toContain('idempotency-replayed: true');
});

test('a compressed body that came with its headers is rejected', async () => {
  socket.write(Buffer.concat([head(BODY, 'Content-Encoding: gzip'), BODY]));
  await expect.poll(() => received).toContain('HTTP/1.1 415');
});
