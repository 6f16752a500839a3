import type { ApiKey } from './api-keys.js';
import { createTokenBucket, type TokenBucket } from './token-bucket.js';

/** Whether a request is within the rate of its key. */
export interface Admission {
  /** 0, or where the rate is exceeded the seconds until the next request is admitted. */
  readonly seconds: number;
  /** Whether the requests to all services count. */
  readonly isShared: boolean;
}

/** The rates of the keys. */
export interface RateLimits {
  /** Counts a request. */
  admit(key: ApiKey, perSecond: number): Admission | Promise<Admission>;
}

/** Counts the requests to this service. */
export function createOwnLimits(clock: () => number): RateLimits {
  const buckets = new WeakMap<ApiKey, TokenBucket>();
  return {
    admit(key, perSecond) {
      const bucket = buckets.get(key) ?? createTokenBucket(perSecond, clock);
      buckets.set(key, bucket);
      return { seconds: bucket(), isShared: false };
    },
  };
}
