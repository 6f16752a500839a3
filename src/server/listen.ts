import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { getRequestListener, RequestError } from '@hono/node-server';
import type { createApp } from './app.js';
import { type AdmissionLimits, admitConnections } from './middleware/admission.js';
import { closingGently } from './middleware/closing.js';
import { Problem, problemFrom, problemResponse } from './problem.js';
import { answerUpgrades } from './stream/upgrade.js';

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
  /** The environment variable that names the port; PORT by default. */
  readonly setting?: 'PORT' | 'HEALTH_PORT';
}

export interface HttpServer {
  /** Without a slash at its end. */
  readonly url: string;
  /**
   * Answers the requests that have arrived or are on their way, accepts no more connections, and resolves
   * when all of them are closed.
   */
  close(): Promise<void>;
}

/** The service cannot start, for a reason that the operator can change. */
export class StartError extends Error {
  override readonly name = 'StartError';
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

const REMEDIES: Readonly<Record<string, (address: Address) => string>> = {
  EADDRINUSE: ({ port, setting = 'PORT' }) =>
    `${setting}=${port} is in use: stop what listens there, or choose another, e.g. ` +
    `${setting}=${port + 1}`,
  EACCES: ({ port, setting = 'PORT' }) =>
    `${setting}=${port} may not be opened by this user: choose one above 1023`,
  EADDRNOTAVAIL: ({ host }) =>
    `HOST is not an address of this machine: ${host}; expected 127.0.0.1, or 0.0.0.0 for all`,
  ENOTFOUND: ({ host }) =>
    `HOST is not a known name: ${host}; expected 127.0.0.1, or 0.0.0.0 for all`,
};

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
  await started(server, address);
  return { url: formatUrl(server, address), close: closing.close };
}

function started(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const remedy = REMEDIES[cause.code ?? '']?.(address);
      reject(new StartError(remedy ?? `cannot listen: ${cause.message}`, { cause }));
    });
    server.listen(address.port, address.host, resolve);
  });
}

function formatUrl(server: Server, { host }: Address): string {
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : '';
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The answer to a request that no route sees: its URL or its Host header cannot be read. */
function unreadableRequest(error: unknown): Response {
  const problem =
    error instanceof RequestError
      ? new Problem(400, `the request cannot be read: ${error.message}; expected a path and a host`)
      : problemFrom(error);
  return problemResponse(problem, randomUUID());
}
