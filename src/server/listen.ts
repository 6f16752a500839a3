import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { createApp } from './app.js';
import { type Address, bind } from './bind.js';
import { type AdmissionLimits, admitConnections } from './middleware/admission.js';
import { closingGently } from './middleware/closing.js';
import { Problem, problemFrom, problemResponse } from './problem.js';
import { answerUpgrades } from './stream/upgrade.js';

export interface HttpServer {
  /** Without a slash at its end. */
  readonly url: string;
  /**
   * Answers the requests that have arrived or are on their way, accepts no more connections, and resolves
   * when all of them are closed.
   */
  close(): Promise<void>;
}

/** Limits on connections and requests, before any route sees them; times in milliseconds. */
export interface ServerLimits extends AdmissionLimits {
  /** Between two requests on one connection. */
  readonly keepAliveTimeout: number;
  /** For the headers of a request; past it 408. */
  readonly headersTimeout: number;
  /** For a request with its body; past it 408. */
  readonly requestTimeout: number;
  /** Between two checks of the last two limits. */
  readonly connectionsCheckingInterval: number;
}

export const SERVER_LIMITS: ServerLimits = {
  maxConnections: 1024,
  maxConnectionsPerAddress: 256,
  // longer than the minute after which balancers usually drop idle connections
  keepAliveTimeout: 65_000,
  headersTimeout: 20_000,
  // 64 MiB at 5 Mbit/s
  requestTimeout: 120_000,
  connectionsCheckingInterval: 5_000,
};

/** Bytes of a request's first line and its headers; past it 431. */
const MAX_HEADER_SIZE = 16 * 1024;

export interface ListenOptions {
  readonly limits?: ServerLimits;
  /** Called for each connection beyond the limits. */
  readonly onDrop?: () => void;
  /** Milliseconds, monotonic. */
  readonly clock?: () => number;
}

/**
 * Serves the app over HTTP/1.1.
 * @throws StartError naming the remedy when the address cannot be listened on
 */
export async function listen(
  app: ReturnType<typeof createApp>,
  address: Address,
  { limits = SERVER_LIMITS, onDrop, clock = () => performance.now() }: ListenOptions = {},
): Promise<HttpServer> {
  const { maxConnections, maxConnectionsPerAddress, ...timeouts } = limits;
  // Node discards the rest of a body after an answer. The adapter would close the connection, and with
  // it lose clients that read the answer only after they have sent everything.
  const listener = getRequestListener(
    (request, env) => app.fetch(request, { ...env, refusal: findRefusal(env.incoming.socket) }),
    { autoCleanupIncoming: false, hostname: 'localhost', errorHandler: unreadableRequest },
  );
  const server = createServer(
    { noDelay: true, maxHeaderSize: MAX_HEADER_SIZE, ...timeouts },
    (incoming, outgoing) => {
      const waiting = closing.wait(incoming.socket);
      if (waiting) void waiting.then(() => listener(incoming, outgoing));
      else void listener(incoming, outgoing);
    },
  );
  const closing = closingGently(server, clock);
  const findRefusal = admitConnections(
    server,
    { maxConnections, maxConnectionsPerAddress },
    onDrop,
  );
  answerUpgrades(server, (request, bindings, socket) =>
    app.fetch(request, { ...bindings, refusal: findRefusal(socket) }),
  );
  const url = await bind(server, 'http', address);
  return { url, close: closing.close };
}

/** The answer to a request that no route sees: its URL or its Host header cannot be read. */
function unreadableRequest(error: unknown): Response {
  const problem =
    error instanceof RequestError
      ? new Problem(400, `the request cannot be read: ${error.message}; expected a path and a host`)
      : problemFrom(error);
  return problemResponse(problem, randomUUID());
}
