import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server, type Socket } from 'node:net';

/** Milliseconds. */
export interface ClosingTiming {
  /** A connection that is silent for this long is closed. This long after the last new one, none is expected. */
  readonly quiet: number;
  /** The longest time for which new connections are accepted while they keep coming. */
  readonly accepting: number;
  /** How long a client may take to close its side of a connection. */
  readonly goodbye: number;
}

const TIMING: ClosingTiming = { quiet: 100, accepting: 1000, goodbye: 1000 };
/** Milliseconds between two checks of the connections. */
const CHECK_INTERVAL = 10;
/** Milliseconds of a turn of the event loop in which next to nothing happened. */
const CALM = 0.05;
/** Turns after which the server closes even at a busy moment. */
const MAX_TURNS = 20_000;

interface Connection {
  /** Requests that are being answered. */
  inProgress: number;
  /** Bytes read at the last check, and the time since which the connection is silent. */
  bytes: number;
  since: number;
  goodbye?: NodeJS.Timeout;
  /** Whether the client requested a WebSocket; open ones are closed by the streams. */
  upgraded: boolean;
  /** Whether it was opened while the server closes. */
  readonly late: boolean;
}

export interface Closing {
  /** Begins to close, and resolves when all connections are closed. */
  close(): Promise<void>;
  /** The event for which a request on this connection has to wait. */
  wait(socket: Socket): Promise<void> | undefined;
}

/**
 * Closes a server so that each request that reaches it is answered. Node's own `close` resets the
 * connections that the kernel has accepted and the process has not, and cuts idle connections whose
 * next request is on its way; this waits until no connection is opened any more. Clients that open
 * one after the other would continue until they are rejected: the answers on their last ones wait until
 * the server accepts no more.
 * @param clock milliseconds, monotonic
 */
export function closingGently(
  server: Server,
  clock: () => number,
  { quiet, accepting, goodbye }: ClosingTiming = TIMING,
): Closing {
  const connections = new Map<Socket, Connection>();
  let opened = 0;
  let lastOpened = Number.NEGATIVE_INFINITY;
  let closed: Promise<void> | undefined;
  let stopped: () => void = () => undefined;
  const acceptsNoMore = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  server.on('connection', (socket: Socket) => {
    opened++;
    lastOpened = clock();
    const late = closed !== undefined;
    connections.set(socket, { inProgress: 0, bytes: 0, since: lastOpened, upgraded: false, late });
    socket.once('close', () => {
      clearTimeout(connections.get(socket)?.goodbye);
      connections.delete(socket);
    });
  });
  server.on('request', ({ socket }: IncomingMessage, outgoing: ServerResponse) => {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.inProgress++;
    outgoing.once('close', () => {
      connection.inProgress--;
      connection.since = clock();
    });
  });
  server.on('upgrade', (_: IncomingMessage, socket: Socket) => {
    const connection = connections.get(socket);
    if (connection) connection.upgraded = true;
  });
  return {
    close() {
      closed ??= close();
      return closed;
    },
    wait: (socket) => (connections.get(socket)?.late ? acceptsNoMore : undefined),
  };

  async function close(): Promise<void> {
    const began = clock();
    const looking = setInterval(() => {
      for (const [socket, connection] of connections) closeSilent(socket, connection);
    }, CHECK_INTERVAL);
    await new Promise<void>((resolve) => {
      const waiting = setInterval(() => {
        if (clock() - lastOpened < quiet && clock() - began < accepting) return;
        clearInterval(waiting);
        atCalmMoment(() => {
          Server.prototype.close.call(server, () => resolve());
          stopped();
        });
      }, CHECK_INTERVAL);
    });
    clearInterval(looking);
    // Stops the timers of the HTTP server.
    server.close();
  }

  function closeSilent(socket: Socket, connection: Connection): void {
    const { bytes, inProgress, since, upgraded } = connection;
    if (connection.goodbye) return;
    if (inProgress > 0 || (socket.bytesRead !== bytes && !upgraded)) {
      connection.bytes = socket.bytesRead;
      connection.since = clock();
    } else if (clock() - since >= quiet) {
      socket.end();
      connection.goodbye = setTimeout(() => socket.destroy(), goodbye);
    }
  }

  /** Calls back when no connection has just been opened and the event loop had nothing to do. */
  function atCalmMoment(act: () => void): void {
    let seen = opened;
    let turned = clock();
    let turns = 0;
    setImmediate(function check() {
      const now = clock();
      turns++;
      if ((opened === seen && now - turned < CALM) || turns === MAX_TURNS) return act();
      seen = opened;
      turned = now;
      setImmediate(check);
    });
  }
}
