import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

/** The names of all keys begin with it. */
export const PREFIX = 'hypercolumn';

/** The connections of one service or worker. */
export interface Connections {
  /** A connection for requests: a command fails when Redis is away, or does not answer for 5 s. */
  forRequests(): Redis;
  /** A connection for a worker or for events, which wait until Redis is back. */
  forWaiting(): Redis;
  close(): void;
}

const COMMAND_MS = 5000;

/** Connects to Redis, and again whenever the connection is lost. */
export function createConnections(url: string, logger: Logger): Connections {
  const all: Redis[] = [];
  return {
    // With 0 retries a command that waits for a lost connection fails, and is never sent later.
    forRequests: () => open({ maxRetriesPerRequest: 0, commandTimeout: COMMAND_MS }),
    forWaiting: () => open({ maxRetriesPerRequest: null }),
    close() {
      for (const connection of all) connection.disconnect();
    },
  };

  function open(options: Pick<RedisOptions, 'maxRetriesPerRequest' | 'commandTimeout'>) {
    const connection = new Redis(url, options);
    let away = false;
    connection.on('error', (err: Error) => {
      if (!away) logger.error({ err }, 'Redis cannot be reached');
      away = true;
    });
    connection.on('ready', () => {
      if (away) logger.info('Redis is back');
      away = false;
    });
    all.push(connection);
    return connection;
  }
}

/** Resolves when a connection is lost, immediately where it is lost now. */
export function waitForLoss(connection: Redis): Promise<void> {
  if (connection.status !== 'ready') return Promise.resolve();
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

/** Whether a command failed because Redis was away or did not answer. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'MaxRetriesPerRequestError' || AWAY_MESSAGES.includes(error.message);
}

/** Those of ioredis, whose errors have no code. */
const AWAY_MESSAGES = ['Connection is closed.', 'Command timed out'];
