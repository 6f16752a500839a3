import { Redis } from 'ioredis';
import type { Logger } from 'pino';

/** Names of queues and keys begin with it. */
export const PREFIX = 'hypercolumn';

/** @returns the name of the queue of a kind of job */
export function queueName(kind: string): string {
  return `jobs-${kind}`;
}

/** The channel on which workers learn which job is cancelled. */
export const CANCELLED = `${PREFIX}:cancelled`;

/** The key of what a running job has so far; it expires. */
export function previewKey(id: string): string {
  return `${PREFIX}:preview:${id}`;
}

/** The connections of one service or worker. */
export interface Connections {
  /** A connection for requests: a command fails soon while Redis is away. */
  forRequests(): Redis;
  /** A connection for a worker or for events, which wait until Redis is back. */
  forWaiting(): Redis;
  close(): void;
}

/** Connects to Redis, and again whenever the connection is lost. */
export function createConnections(url: string, logger: Logger): Connections {
  const all: Redis[] = [];
  return {
    forRequests: () => open({ maxRetriesPerRequest: 1, enableOfflineQueue: false }),
    forWaiting: () => open({ maxRetriesPerRequest: null }),
    close() {
      for (const connection of all) connection.disconnect();
    },
  };

  function open(options: Pick<Redis['options'], 'maxRetriesPerRequest' | 'enableOfflineQueue'>) {
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
