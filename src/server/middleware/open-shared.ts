import type { Logger } from 'pino';
import { KEPT_FOR } from './idempotency.js';
import type { RateLimits } from './rate-limits.js';
import type { SharedAnswers } from './shared-answers.js';

/** What services with the same Redis share besides jobs. */
export interface Shared {
  readonly answers: SharedAnswers;
  readonly limits: RateLimits;
  /** Whether Redis can be reached now. */
  readonly isThere: boolean;
  close(): void;
}

/** Milliseconds that a request waits for Redis, before this service counts and answers for itself. */
const PATIENCE = 250;

/**
 * Opens what services share through Redis; the client of Redis is loaded only then.
 * @param url of Redis
 * @param ownLimits hold while Redis is away
 * @returns undefined without Redis
 */
export async function openShared(
  url: string | undefined,
  ownLimits: RateLimits,
  logger: Logger,
): Promise<Shared | undefined> {
  if (url === undefined) return undefined;
  const { createConnections } = await import('../../redis/connection.js');
  const { createRedisAnswers } = await import('./shared-answers.js');
  const { createSharedLimits } = await import('./shared-limits.js');
  const connections = createConnections(url, logger);
  // A prediction does not wait long for what it can do without.
  const client = connections.forRequests(PATIENCE);
  return {
    answers: createRedisAnswers(client, KEPT_FOR),
    limits: createSharedLimits(client, ownLimits),
    get isThere() {
      return client.status === 'ready';
    },
    close: () => connections.close(),
  };
}
