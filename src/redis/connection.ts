import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';

/** The names of all keys begin with it. */
export const PREFIX = 'hypercolumn';

/** The connections of one service or worker. */
export interface Connections {
  /**
   * A connection for requests: a command fails when Redis is away.
   * @param patience milliseconds after which a command without an answer fails
   */
  forRequests(patience: number): Redis;
  /** A connection for a worker or for events, which wait until Redis is back. */
  forWaiting(): Redis;
  close(): void;
}

/** Connects to Redis, and again whenever the connection is lost. */
export function createConnections(url: string, logger: Logger): Connections {
  const all: Redis[] = [];
  return {
    // With 0 retries a command that waits for a lost connection fails, and is never sent later.
    forRequests: (patience) => open({ maxRetriesPerRequest: 0, commandTimeout: patience }),
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

/** Whether a command failed because Redis was away, did not answer, or takes no commands now. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  return name === 'MaxRetriesPerRequestError' || AWAY.test(message);
}

/**
 * The messages of ioredis, whose errors have no code, and the codes with which Redis refuses every command, or
 * every one that writes: its memory or its disk is full, it is loading, it is a replica, or the password is wrong.
 */
const AWAY =
  /^(Connection is closed\.|Command timed out|(OOM|MISCONF|LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|NOAUTH|WRONGPASS|NOPERM)\b)/;

/**
 * Does something that a service can do without Redis as well, such as counting requests.
 * @returns undefined while Redis is away
 */
export async function unlessAway<T>(
  connection: Redis,
  work: () => Promise<T>,
): Promise<T | undefined> {
  if (connection.status !== 'ready') return undefined;
  try {
    return await work();
  } catch (error) {
    if (isAway(error)) return undefined;
    throw error;
  }
}
