import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * The outcome of a request. `refused`: nothing listens any more, and nothing was sent; `reset` and
 * `unanswered`: the connection was there and broke, or was closed, without a whole answer.
 */
export type Outcome = 'answered' | 'refused' | 'reset' | 'unanswered';

export interface Attempt {
  readonly outcome: Outcome;
  /** Of an answer. */
  readonly status?: number;
  /** Whether the answer closes the connection. */
  readonly closing?: boolean;
}

/** A request as it goes over the wire. */
export function rawRequest(
  { host, pathname }: URL,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array = new Uint8Array(),
): Buffer {
  const method = body.length > 0 ? 'POST' : 'GET';
  const fields = { Host: host, 'Content-Length': String(body.length), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${pathname} HTTP/1.1\r\n${lines.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** Sends one request over a connection of its own. */
export async function sendOnce(url: URL, request: Buffer): Promise<Attempt> {
  const opened = await open(url);
  if (!('socket' in opened)) return opened;
  const attempt = await exchange(opened.socket, request);
  opened.socket.destroy();
  return attempt;
}

/**
 * Sends requests repeatedly over connections that stay open until the service closes them.
 * @param idle milliseconds between an answer and the next request
 * @param onAttempt gets each request's end
 * @returns once nothing listens any more
 */
export async function sendRepeatedly(
  url: URL,
  request: Buffer,
  idle: () => number,
  onAttempt: (attempt: Attempt) => void,
): Promise<void> {
  for (;;) {
    const opened = await open(url);
    if (!('socket' in opened)) {
      onAttempt(opened);
      if (opened.outcome === 'refused') return;
      continue;
    }
    const { socket } = opened;
    let broken = false;
    const gone = new Promise<void>((resolve) => socket.once('close', resolve)).then(() => {
      broken = true;
    });
    while (!broken) {
      const attempt = await exchange(socket, request);
      onAttempt(attempt);
      if (attempt.outcome !== 'answered' || attempt.closing) break;
      await Promise.race([pause(idle()), gone]);
    }
    socket.destroy();
  }
}

function open({ hostname, port }: URL): Promise<{ readonly socket: Socket } | Attempt> {
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    socket.once('connect', () => resolve({ socket }));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      resolve({ outcome: code === 'ECONNREFUSED' ? 'refused' : 'reset' });
    });
  });
}

function exchange(socket: Socket, request: Buffer): Promise<Attempt> {
  return new Promise((resolve) => {
    let received = '';
    let failed = false;
    const end = (attempt: Attempt) => {
      socket.off('data', read).off('error', fail).off('close', close);
      resolve(attempt);
    };
    const read = (bytes: Buffer) => {
      received += bytes.toString('latin1');
      const attempt = answerIn(received);
      if (attempt) end(attempt);
    };
    const fail = () => {
      failed = true;
    };
    const close = () => end({ outcome: failed ? 'reset' : 'unanswered' });
    socket.on('data', read).on('error', fail).on('close', close);
    if (socket.destroyed) close();
    else socket.write(request);
  });
}

/** Undefined until the answer is whole. */
function answerIn(received: string): Attempt | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = received.slice(0, end).toLowerCase();
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? 0);
  if (received.length < end + 4 + length) return undefined;
  const status = Number(head.slice(9, 12));
  return { outcome: 'answered', status, closing: head.includes('\r\nconnection: close') };
}
