/** Takes one token. @returns 0, or where none is left the seconds until the next */
export type TokenBucket = () => number;

/**
 * Admits `perSecond` requests on average, in bursts of at most one second's requests (at least one).
 * @param clock milliseconds, monotonic
 */
export function createTokenBucket(perSecond: number, clock: () => number): TokenBucket {
  const capacity = Math.max(1, perSecond);
  let tokens = capacity;
  let filled = clock();
  return () => {
    const now = clock();
    tokens = Math.min(capacity, tokens + ((now - filled) / 1000) * perSecond);
    filled = now;
    if (tokens < 1) return (1 - tokens) / perSecond;
    tokens -= 1;
    return 0;
  };
}
