import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { readAnswer, type StreamAnswer } from './stream-client.js';

/** A client of the TCP port, written by the table of docs/stream.md alone. */
export interface TcpClient {
  readonly socket: Socket;
  /** Sends a message after its length. */
  send(message: Uint8Array): void;
  /** The next message; undefined once the service has ended the connection. */
  take(): Promise<Buffer | undefined>;
  /** The next message, read as an answer. */
  next(hasStamps?: boolean): Promise<StreamAnswer>;
  /** The next message, read as JSON. */
  json(): Promise<Record<string, unknown>>;
  /** Resolves when the service has ended its side or has reset the connection. */
  readonly over: Promise<void>;
}

/** A message after its length, a uint32, little-endian. */
export function framed(message: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(message.length);
  return Buffer.concat([length, message]);
}

/** @param url as of the service, such as `tcp://127.0.0.1:8081` */
export async function connectTcp(url: string): Promise<TcpClient> {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, noDelay: true });
  socket.on('error', () => undefined);
  const over = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  let bytes = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  let isOver = false;
  void over.then(() => {
    isOver = true;
    wake();
  });
  socket.on('data', (more) => {
    bytes = Buffer.concat([bytes, more as Buffer]);
    wake();
  });
  await once(socket, 'connect');
  return { socket, over, send: (message) => void socket.write(framed(message)), take, next, json };

  async function take(): Promise<Buffer | undefined> {
    for (;;) {
      const length = bytes.length < 4 ? Number.POSITIVE_INFINITY : bytes.readUInt32LE();
      if (bytes.length >= 4 + length) {
        const message = bytes.subarray(4, 4 + length);
        bytes = bytes.subarray(4 + length);
        return message;
      }
      if (isOver) return undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  async function next(hasStamps = false): Promise<StreamAnswer> {
    return readAnswer(await some(), hasStamps);
  }

  async function json(): Promise<Record<string, unknown>> {
    return JSON.parse((await some()).toString());
  }

  async function some(): Promise<Buffer> {
    const message = await take();
    if (message === undefined) throw new Error('the service has ended the connection');
    return message;
  }
}

/** Sends the first message. @returns the client, and the first message of the service */
export async function openTcp(url: string, opening: unknown) {
  const client = await connectTcp(url);
  client.send(Buffer.from(JSON.stringify(opening)));
  return { ...client, first: await client.json() };
}
