import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { type Kind, MODEL, type Send, send } from './kind.js';

const STREAM = `${MODEL}/stream?dtype=uint8`;
/** Of the request line and the headers; the service reads 16 KiB of them. */
const HEADERS = 15_000;

/** Requests with odd chunks, headers, addresses or WebSocket frames. */
export const WIRE: readonly Kind[] = [
  { name: 'chunks of one byte', prepare: (bytes) => chunked(Buffer.from('1\r\n0\r\n'), bytes) },
  { name: 'chunks with extensions', prepare: (n) => chunked(Buffer.from('1;a=b;c=d\r\n0\r\n'), n) },
  {
    name: 'many headers',
    prepare() {
      const names = Array.from({ length: HEADERS / 10 }, (_, i) => [`x${i}`, '']);
      const headers = Object.fromEntries(names);
      return send(`${MODEL}/responses`, 'image/png', Buffer.from('a'), { headers });
    },
  },
  {
    name: 'a long list of neurons in the address',
    prepare: () =>
      send(
        `${MODEL}/responses?neurons=${'0,'.repeat(HEADERS / 2)}0`,
        'image/png',
        Buffer.from('a'),
      ),
  },
  {
    name: 'WebSocket, one message',
    prepare: (bytes) => messages([Buffer.alloc(bytes)]),
  },
  {
    name: 'WebSocket, empty messages',
    prepare: (bytes) => messages(Array.from({ length: bytes / 6 }, () => Buffer.alloc(0))),
  },
  {
    name: 'WebSocket, empty fragments',
    prepare: (bytes) => fragments(bytes / 6),
  },
  {
    name: 'WebSocket, pings',
    prepare: (bytes) => pings(bytes / 6),
  },
];

/** A body in chunks, as it goes over the wire. */
function chunked(chunk: Buffer, bytes: number): Send {
  const head =
    `POST ${MODEL}/responses HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-npy\r\n` +
    'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  const body = Buffer.alloc(chunk.length * Math.ceil(bytes / chunk.length), chunk);
  return (url, signal) => {
    const { hostname: host, port } = new URL(url);
    return new Promise((resolve) => {
      const socket = connect({ host, port: Number(port) });
      let answer = '';
      const onAbort = () => socket.destroy();
      signal.addEventListener('abort', onAbort, { once: true });
      socket
        .on('data', (data) => {
          answer += data.toString('latin1');
        })
        .on('error', () => socket.destroy())
        .on('close', () => {
          signal.removeEventListener('abort', onAbort);
          resolve(
            /^HTTP\/1.1 (\d+)/.exec(answer)?.[1] ?? (signal.aborted ? 'given up' : 'cut off'),
          );
        });
      socket.write(head);
      socket.write(body);
      socket.write('0\r\n\r\n');
    });
  };
}

function messages(frames: readonly Buffer[]): Send {
  return stream((socket) => {
    for (const frame of frames) socket.send(frame);
  });
}

function fragments(count: number): Send {
  return stream((socket) => {
    for (let i = 0; i < count; i++) socket.send('', { binary: true, fin: false });
  });
}

function pings(count: number): Send {
  return stream((socket) => {
    for (let i = 0; i < count; i++) socket.ping('');
  });
}

/** Opens a stream, sends into it, and closes it. */
function stream(fill: (socket: WebSocket) => void): Send {
  return async (url, signal) => {
    const address = `${url.replace('http', 'ws')}${STREAM}`;
    const socket = new WebSocket(address, { perMessageDeflate: false });
    const onAbort = () => socket.terminate();
    signal.addEventListener('abort', onAbort, { once: true });
    const closed = new Promise<string>((resolve) => {
      socket.once('close', (code) => resolve(signal.aborted ? 'given up' : `closed ${code}`));
      socket.on('error', () => {});
    });
    await Promise.race([once(socket, 'message').catch(() => {}), closed]);
    if (socket.readyState === WebSocket.OPEN) fill(socket);
    socket.close();
    const code = await closed;
    signal.removeEventListener('abort', onAbort);
    return code;
  };
}
