import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from 'pino';
import { createRefusalLog, REFUSAL } from './refusals.js';

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
  const watchRefusals = createRefusalLog(logger);
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
      // The log of refusals has it: the password is wrong, or missing.
      if (REFUSAL.test(err.message.replace(READY_CHECK, ''))) return;
      if (!away) logger.error({ err }, 'Redis cannot be reached');
      away = true;
    });
    connection.on('ready', () => {
      if (away) logger.info('Redis is back');
      away = false;
    });
    watchRefusals(connection);
    all.push(connection);
    return connection;
  }
}

/** What ioredis puts before the message of Redis. */
const READY_CHECK = 'Ready check failed: ';

/** Resolves when a connection is lost, immediately where it is lost now. */
export function waitForLoss(connection: Redis): Promise<void> {
  if (connection.status !== 'ready') return Promise.resolve();
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

/** Resolves when a connection that is being made cannot be made at first. */
export function waitForFailure(connection: Redis): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()));
}

/** Whether a command failed because Redis was away, did not answer, or takes no commands now. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { name, message } = error;
  return name === 'MaxRetriesPerRequestError' || AWAY.test(message) || REFUSAL.test(message);
}

/** The messages of ioredis, whose errors have no code. */
const AWAY = /^(Connection is closed\.|Command timed out)/;

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
