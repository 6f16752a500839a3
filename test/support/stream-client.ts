import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ClientOptions, WebSocket } from 'ws';

/** A response frame, decoded byte by byte as in the table of docs/stream.md. */
export interface StreamAnswer {
  readonly sequence: number;
  readonly status: number;
  readonly flags: number;
  readonly stamp: bigint;
  /** Milliseconds. */
  readonly decode: number;
  readonly queue: number;
  readonly infer: number;
  readonly responses: Float32Array;
  /** Empty when the status is 200. */
  readonly message: string;
  /** Where the stream was opened with `stamps=true`: nanoseconds of Unix time. */
  readonly received?: bigint;
  readonly sent?: bigint;
}

export interface StreamClient {
  readonly socket: WebSocket;
  /** The first message, and the headers of the response that opened the stream. */
  readonly ready: Record<string, unknown>;
  readonly headers: IncomingMessage['headers'];
  send(pixels: Uint8Array | Float32Array, stamp?: bigint): void;
  /** The next answer. */
  next(): Promise<StreamAnswer>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

export interface StreamClientOptions extends ClientOptions {
  /** Subprotocols to offer, as a web page may. */
  readonly protocols?: string[];
}

/** The rejection of a stream. */
export interface Rejection {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** `http://host:port` and a path under `/v1/models/` as the URL of a stream. */
export function streamUrl(url: string, path: string): string {
  return `${url.replace('http', 'ws')}/v1/models/${path}`;
}

/** Opens a stream such as `tiny/stream?dtype=uint8`. */
export async function openStream(
  url: string,
  path: string,
  options: StreamClientOptions = {},
): Promise<StreamClient> {
  const socket = new WebSocket(streamUrl(url, path), options.protocols ?? [], options);
  const messages: Buffer[] = [];
  const waiting: ((message: Buffer) => void)[] = [];
  socket.on('message', (message: Buffer) => {
    const take = waiting.shift();
    if (take) take(message);
    else messages.push(message);
  });
  const take = () =>
    new Promise<Buffer>((resolve) => {
      const message = messages.shift();
      if (message) resolve(message);
      else waiting.push(resolve);
    });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const [answer] = (await once(socket, 'upgrade')) as [IncomingMessage];
  const ready = JSON.parse((await take()).toString());
  return {
    socket,
    ready,
    headers: answer.headers,
    closed,
    send: (pixels, stamp = 0n) => socket.send(frameOf(pixels, stamp)),
    next: async () => readAnswer(await take(), ready.stamps === true),
  };
}

/** Requests a stream that must be rejected. */
export async function requestRejectedStream(
  url: string,
  path: string,
  options: StreamClientOptions = {},
): Promise<Rejection> {
  const socket = new WebSocket(streamUrl(url, path), options.protocols ?? [], options);
  const [, answer] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const body = JSON.parse(await text(answer));
  return { status: answer.statusCode!, headers: answer.headers, body };
}

/** The client's timestamp, then the pixels. */
export function frameOf(pixels: Uint8Array | Float32Array, stamp = 0n): Buffer {
  const frame = Buffer.alloc(8 + pixels.byteLength);
  frame.writeBigUInt64LE(stamp);
  frame.set(new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength), 8);
  return frame;
}

/** Reads an answer, byte by byte as in the table of docs/stream.md. */
export function readAnswer(bytes: Buffer, hasStamps: boolean): StreamAnswer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(28, true);
  const start = hasStamps ? 48 : 32;
  return {
    sequence: view.getUint32(0, true),
    status: view.getUint16(4, true),
    flags: view.getUint16(6, true),
    stamp: view.getBigUint64(8, true),
    decode: view.getFloat32(16, true),
    queue: view.getFloat32(20, true),
    infer: view.getFloat32(24, true),
    responses: Float32Array.from({ length: count }, (_, i) => view.getFloat32(start + 4 * i, true)),
    message: bytes.subarray(start + 4 * count).toString(),
    ...(hasStamps
      ? { received: view.getBigUint64(32, true), sent: view.getBigUint64(40, true) }
      : {}),
  };
}
