import type { IncomingMessage } from 'node:http';
import type { Server, Socket } from 'node:net';
import { type Problem, tooMany, unavailable } from '../problem.js';

/** Routes that are answered even when the service is full: they report its state. */
export const HEALTH_ROUTES: ReadonlySet<string> = new Set([
  '/livez',
  '/readyz',
  '/metrics',
  '/v2/health/live',
  '/v2/health/ready',
]);

export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/** Connections beyond the limits that may be open at the same time. */
const SPARE = 64;
/** Milliseconds for a connection beyond the limits to be answered. */
const SPARE_TIME = 2000;

/**
 * Counts connections, of all and of each address. Those beyond the limits are for `HEALTH_ROUTES` alone,
 * and short: a new one takes the place of the one that has been silent longest.
 * @param onDrop is called for each connection beyond the limits
 * @returns the reason why a connection gets no other answers; undefined within the limits
 */
export function admitConnections(
  server: Server,
  { maxConnections, maxConnectionsPerAddress }: AdmissionLimits,
  onDrop: () => void = () => undefined,
): (socket: Socket) => Problem | undefined {
  const admitted = new Set<Socket>();
  const perAddress = new Map<string, number>();
  /** Oldest first. */
  const spare = new Map<Socket, Problem>();
  const busy = new WeakSet<Socket>();
  server.on('connection', (socket: Socket) => {
    // The server passes a connection to itself when a client requests another protocol.
    if (admitted.has(socket) || spare.has(socket)) return;
    const address = socket.remoteAddress ?? '';
    const own = perAddress.get(address) ?? 0;
    if (own >= maxConnectionsPerAddress) return takeAsSpare(socket, tooManyOfAddress(own));
    if (admitted.size >= maxConnections) return takeAsSpare(socket, tooManyOfAll(admitted.size));
    admitted.add(socket);
    perAddress.set(address, own + 1);
    socket.once('close', () => {
      admitted.delete(socket);
      const left = perAddress.get(address)! - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
  });
  server.on('request', ({ socket }: IncomingMessage) => busy.add(socket));
  return (socket) => spare.get(socket);

  function takeAsSpare(socket: Socket, reason: Problem): void {
    onDrop();
    if (spare.size >= SPARE && !dropSilent()) {
      socket.destroy();
      return;
    }
    const timer = setTimeout(() => drop(socket), SPARE_TIME);
    spare.set(socket, reason);
    socket.once('close', () => {
      clearTimeout(timer);
      spare.delete(socket);
    });
  }

  function dropSilent(): boolean {
    for (const socket of spare.keys()) {
      if (busy.has(socket)) continue;
      drop(socket);
      return true;
    }
    return false;
  }

  function drop(socket: Socket): void {
    spare.delete(socket);
    socket.destroy();
  }
}

function tooManyOfAddress(own: number): Problem {
  return tooMany(
    `too many connections of this address: ${own + 1}; expected at most ${own} ` +
      '(MAX_CONNECTIONS_PER_ADDRESS)',
  );
}

function tooManyOfAll(all: number): Problem {
  return unavailable(`too many connections: ${all + 1}; expected at most ${all} (MAX_CONNECTIONS)`);
}
