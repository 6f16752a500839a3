import type { Socket } from 'node:net';
import { createMessageReader, withLength } from '../../formats/length-prefix.js';
import { encodeAnswer, STAMP } from '../../formats/stream-frames.js';
import { Problem } from '../problem.js';
import type { Agreement, StreamConnection, StreamEnd, Transport } from './transport.js';

/** A connection of the TCP port for streams. */
export interface TcpConnection extends StreamConnection {
  /** Aborted when the connection is closed. */
  readonly gone: AbortSignal;
  /**
   * The first message.
   * @param longest bytes
   * @param patience milliseconds in which it has to arrive
   * @returns undefined where the connection is closed before
   * @throws Problem 400 when it is longer, 408 when it is late
   */
  opening(longest: number, patience: number): Promise<Uint8Array | undefined>;
  /**
   * Sends a last message, and ends the connection.
   * @param goodbye milliseconds in which the client must close its side
   */
  refuse(message: Uint8Array, goodbye: number): void;
}

/** Who reads the messages at the moment. */
interface Reader {
  readonly longest: number;
  readonly message: (bytes: Uint8Array) => void;
  readonly tooLong: (length: number) => void;
  readonly closed: (end: StreamEnd) => void;
}

const NO_STAMP = new Uint8Array(STAMP);
const NO_TIMES = { decode: 0, queue: 0, infer: 0 };

/** A connection over which each message is preceded by its length, a uint32. */
export function tcpConnection(socket: Socket): TcpConnection {
  const messages = createMessageReader();
  const gone = new AbortController();
  let reader: Reader | undefined;
  let taken = false;
  let isPaused = true;
  let isReading = false;
  /** Nothing is sent any more, and what comes is thrown away. */
  let isOver = false;
  let failure: string | undefined;
  let hasEnded = false;
  socket.pause();
  socket.on('data', (bytes: Buffer) => {
    if (isOver) return;
    messages.push(bytes);
    read();
  });
  socket.once('end', () => {
    hasEnded = true;
  });
  socket.on('error', ({ message }) => {
    failure ??= message;
  });
  socket.once('close', () => {
    gone.abort();
    reader?.closed(howItEnded(reader));
  });
  return {
    kind: 'tcp',
    address: socket.remoteAddress ?? 'unknown',
    gone: gone.signal,
    get taken() {
      return taken;
    },
    opening,
    refuse(message, goodbye) {
      sendLast(message);
      const timer = setTimeout(() => socket.destroy(), goodbye);
      socket.once('close', () => clearTimeout(timer));
    },
    accept(agreement) {
      if (socket.destroyed) throw new Problem(400, 'the client has gone');
      taken = true;
      // The system asks, and the client's answers, so that no program of a rig has to.
      socket.setKeepAlive(true, agreement.timing.heartbeat);
      return transport(agreement);
    },
  };

  function opening(longest: number, patience: number): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        reader = undefined;
        pause();
        act();
      };
      const refuse = (status: number, detail: string) =>
        settle(() => reject(new Problem(status, detail)));
      const timer = setTimeout(
        () => refuse(408, `no first message came within ${patience / 1000} s; ${EXPECTED}`),
        patience,
      );
      reader = {
        longest,
        message: (bytes) => settle(() => resolve(bytes)),
        tooLong: (length) =>
          refuse(400, `the first message is too long: ${length} bytes; ${EXPECTED}`),
        closed: () => settle(() => resolve(undefined)),
      };
      resume();
    });
  }

  function transport({ frameBytes, stamps }: Agreement): Transport {
    return {
      listen({ message, fault, closed }) {
        reader = {
          longest: frameBytes,
          message: (bytes) => message(bytes, true),
          tooLong(length) {
            const reason = `a frame has ${length} bytes; expected ${frameBytes}`;
            close(1009, reason);
            fault({ code: 1009, reason });
          },
          closed,
        };
        resume();
      },
      send: (message) => send(message),
      get isPaused() {
        return isPaused;
      },
      pause,
      resume,
      get isFull() {
        return socket.writableNeedDrain;
      },
      onceDrained: (callback) => void socket.once('drain', callback),
      close,
      terminate: () => socket.destroy(),
    };

    function close(code: number, reason: string): void {
      const header = { sequence: 0, status: code, flags: 0, times: NO_TIMES };
      sendLast(encodeAnswer(NO_STAMP, header, reason, stamps));
    }
  }

  function send(message: Uint8Array | string): void {
    if (isOver) return;
    socket.write(withLength(typeof message === 'string' ? Buffer.from(message) : message));
  }

  function sendLast(message: Uint8Array): void {
    if (isOver) return;
    isOver = true;
    socket.end(withLength(message));
    // Bytes that were never read would reset the connection, and take the message with them.
    socket.resume();
  }

  function pause(): void {
    isPaused = true;
    socket.pause();
  }

  function resume(): void {
    isPaused = false;
    read();
    if (!isPaused || isOver) socket.resume();
  }

  function read(): void {
    if (isReading) return;
    isReading = true;
    while (reader !== undefined && !isPaused && !isOver) {
      const next = messages.next(reader.longest);
      if (next === undefined) break;
      if ('tooLong' in next) {
        reader.tooLong(next.tooLong);
        break;
      }
      reader.message(next);
    }
    isReading = false;
  }

  function howItEnded({ longest }: Reader): StreamEnd {
    if (failure !== undefined) return { code: 1006, reason: failure };
    if (!hasEnded) return { code: 1006, reason: '' };
    // Whole messages may be left, which the stream will not read.
    while (messages.next(longest) instanceof Uint8Array);
    if (!messages.isInside) return { code: 1000, reason: '' };
    return { code: 1006, reason: 'the client has gone in the middle of a frame' };
  }
}

const EXPECTED =
  'expected its length in bytes, a little-endian uint32, and JSON such as {"model":"demo","dtype":"uint8"}';
