import type { Redis } from 'ioredis';
import { PREFIX, unlessAway } from '../../redis/connection.js';
import type { RateLimits } from './rate-limits.js';

/**
 * As `createTokenBucket`, by Redis's clock: the value is the time in milliseconds at which the bucket will be full.
 * KEYS[1]: of the bucket; ARGV: milliseconds per token, tokens of a full bucket. Returns the milliseconds to wait.
 */
const TAKE = `
  local time = redis.call('time')
  local now = time[1] * 1000 + time[2] / 1000
  local full = math.max(now, tonumber(redis.call('get', KEYS[1]) or 0)) + ARGV[1]
  local wait = full - ARGV[1] * ARGV[2] - now
  if wait > 0 then return math.ceil(wait) end
  redis.call('set', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(full - now))
  return 0
`;

/** Counts the requests to all services of a Redis; those to this one while Redis is away. */
export function createSharedLimits(client: Redis, own: RateLimits): RateLimits {
  return {
    async admit(key, perSecond) {
      const bucket = `${PREFIX}:rate:${key.sha256}`;
      const wait = await unlessAway(client, () =>
        client.eval(TAKE, 1, bucket, 1000 / perSecond, Math.max(1, perSecond)),
      );
      if (wait === undefined) return own.admit(key, perSecond);
      return { seconds: Number(wait) / 1000, isShared: true };
    },
  };
}
