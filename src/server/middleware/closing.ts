import type { Server } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';

/** Milliseconds. */
export interface ClosingTiming {
  /** A connection that is silent for so long is closed. So long after the last new one, none is expected. */
  readonly quiet: number;
  /** How long new connections are accepted at most, where they keep coming. */
  readonly accepting: number;
  /** How long a client may take to close its side of a connection. */
  readonly goodbye: number;
}

const TIMING: ClosingTiming = { quiet: 100, accepting: 1000, goodbye: 1000 };
/** Milliseconds between two looks at the connections. */
const LOOK = 10;
/** Milliseconds of a turn of the event loop in which next to nothing happened. */
const CALM = 0.05;
/** Turns after which a moment that is not calm is good enough. */
const MOST_TURNS = 20_000;

interface Connection {
  /** Requests that are being answered. */
  inHand: number;
  /** What had been read at the last look, and since when the connection is silent. */
  bytes: number;
  since: number;
  goodbye?: NodeJS.Timeout;
  /** It asked for a WebSocket; those that were opened are closed by whoever serves them. */
  upgraded: boolean;
  /** It was opened while the server closes. */
  readonly late: boolean;
}

export interface Closing {
  /** Begins to close, and resolves when all connections are closed. */
  close(): Promise<void>;
  /** What a request on this connection has to wait for. */
  wait(socket: Socket): Promise<void> | undefined;
}

/**
 * Closes a server so that each request that reaches it is answered. Node's own `close` resets the
 * connections that the kernel has accepted and the process has not, and cuts idle connections whose
 * next request is on its way; this waits until no connection is opened any more. Clients that open
 * one after the other would go on until they are refused: their last ones wait for their answers
 * until the server accepts no more.
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
    connections.set(socket, { inHand: 0, bytes: 0, since: lastOpened, upgraded: false, late });
    socket.once('close', () => {
      clearTimeout(connections.get(socket)?.goodbye);
      connections.delete(socket);
    });
  });
  server.on('request', ({ socket }, outgoing) => {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    connection.inHand++;
    outgoing.once('close', () => {
      connection.inHand--;
      connection.since = clock();
    });
  });
  server.on('upgrade', (_, socket: Socket) => {
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
    }, LOOK);
    await new Promise<void>((resolve) => {
      const waiting = setInterval(() => {
        if (clock() - lastOpened < quiet && clock() - began < accepting) return;
        clearInterval(waiting);
        atCalmMoment(() => {
          NetServer.prototype.close.call(server, () => resolve());
          stopped();
        });
      }, LOOK);
    });
    clearInterval(looking);
    // its own timers
    server.close();
  }

  function closeSilent(socket: Socket, connection: Connection): void {
    const { bytes, inHand, since, upgraded } = connection;
    if (connection.goodbye) return;
    if (inHand > 0 || (socket.bytesRead !== bytes && !upgraded)) {
      connection.bytes = socket.bytesRead;
      connection.since = clock();
    } else if (clock() - since >= quiet) {
      socket.end();
      connection.goodbye = setTimeout(() => socket.destroy(), goodbye);
    }
  }

  /** Calls back when no connection has just come, and the loop has had nothing to do meanwhile. */
  function atCalmMoment(act: () => void): void {
    let seen = opened;
    let turned = clock();
    let turns = 0;
    setImmediate(function look() {
      const now = clock();
      turns++;
      if ((opened === seen && now - turned < CALM) || turns === MOST_TURNS) return act();
      seen = opened;
      turned = now;
      setImmediate(look);
    });
  }
}
