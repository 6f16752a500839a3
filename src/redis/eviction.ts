import type { Redis } from 'ioredis';

const POLICY = /^maxmemory_policy:(\S+)/m;

/** Warns where Redis deletes keys to make room, which would lose jobs: once for each policy. */
export function watchEviction(
  redis: Redis,
  logger: { warn(fields: object, message: string): void },
): void {
  const logged = new Set(['noeviction']);
  redis.on('ready', async () => {
    const text = await redis.info('memory').catch(() => ''); // A user of Redis may have no right to ask.
    const policy = POLICY.exec(text)?.[1];
    if (policy === undefined || logged.has(policy)) return;
    logged.add(policy);
    logger.warn(
      { policy },
      'Redis deletes keys when its memory is full, and jobs with them; expected maxmemory-policy noeviction',
    );
  });
}
