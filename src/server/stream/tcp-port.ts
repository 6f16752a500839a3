import { createServer, type Socket } from 'node:net';
import { InputError } from '../../errors.js';
import { type Address, bind } from '../bind.js';
import { type AdmissionLimits, admitConnections } from '../middleware/admission.js';
import { closingGently } from '../middleware/closing.js';
import { type Problem, problemFrom, unavailable, unreadable } from '../problem.js';
import { type TcpConnection, tcpConnection } from './tcp.js';
import { requestOf } from './tcp-opening.js';
import type { StreamConnection } from './transport.js';

/** Answers a request for a stream: takes the connection over, or says why not. */
type Fetch = (
  request: Request,
  bindings: { readonly connection: StreamConnection; readonly refusal: Problem | undefined },
) => Response | Promise<Response>;

export interface StreamPortOptions {
  readonly limits: AdmissionLimits;
  /** Called for each connection beyond the limits. */
  readonly onDrop?: () => void;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  readonly timing?: OpeningTiming;
}

/** Milliseconds. */
interface OpeningTiming {
  /** For the first message. */
  readonly opening: number;
  /** For a client whose stream is not opened to close its side. */
  readonly goodbye: number;
}

export interface StreamPort {
  /** Such as `tcp://127.0.0.1:8081`. */
  readonly url: string;
  /** Accepts no more connections, and resolves when all of them are closed. */
  close(): Promise<void>;
}

const TIMING: OpeningTiming = { opening: 20_000, goodbye: 2_000 };
/** Bytes of the first message. */
const LONGEST_OPENING = 64 * 1024;
/** The request that the app logs and counts where the first message of a client cannot be read. */
const UNREADABLE = new Request('http://localhost/v1/models/:model/stream');

/**
 * Offers the streams of the app over plain TCP. The first message of a client says in JSON what the path, the
 * query and the key of a WebSocket say, and is handed to the app as that request, so that the same checks,
 * limits, counts and lines of the log hold.
 * @throws StartError naming the remedy when the address cannot be listened on
 */
export async function listenForStreams(
  fetch: Fetch,
  address: Address,
  { limits, onDrop, clock, timing = TIMING }: StreamPortOptions,
): Promise<StreamPort> {
  const server = createServer({ noDelay: true });
  const closing = closingGently(server, clock);
  const findRefusal = admitConnections(server, limits, onDrop);
  /** Those whose first message has not arrived. */
  const waiting = new Set<TcpConnection>();
  server.on('connection', (socket) => void open(socket));
  const url = await bind(server, 'tcp', address);
  return {
    url,
    close() {
      const problem = unavailable('the service is shutting down');
      for (const connection of waiting) void answer(connection, UNREADABLE, problem);
      return closing.close();
    },
  };

  async function open(socket: Socket): Promise<void> {
    const connection = tcpConnection(socket);
    waiting.add(connection);
    try {
      const message = await connection.opening(LONGEST_OPENING, timing.opening);
      if (message === undefined) return;
      const request = requestOf(message, connection.gone);
      waiting.delete(connection);
      await answer(connection, request, findRefusal(socket));
    } catch (error) {
      const problem = error instanceof InputError ? unreadable(error) : problemFrom(error);
      await answer(connection, UNREADABLE, problem);
    } finally {
      waiting.delete(connection);
    }
  }

  /** @param refusal why there is no stream, whatever is requested */
  async function answer(
    connection: TcpConnection,
    request: Request,
    refusal: Problem | undefined,
  ): Promise<void> {
    const response = await fetch(request, { connection, refusal });
    if (connection.taken) return;
    connection.refuse(Buffer.from(await messageOf(response)), timing.goodbye);
  }
}

/** The problem in an answer, with the header `Retry-After`, since there are none over TCP. */
async function messageOf(answer: Response): Promise<string> {
  const text = await answer.text();
  const retryAfter = answer.headers.get('Retry-After');
  return retryAfter === null
    ? text
    : JSON.stringify({ ...JSON.parse(text), retryAfter: Number(retryAfter) });
}
