/** Takes one request out; in seconds, how long the next has to wait: 0 when this one may go on. */
export type TokenBucket = () => number;

/**
 * Lets `perSecond` requests through on average, and at once as many as come in a second, one at
 * least.
 * @param clock milliseconds, monotonic
 */
export function createTokenBucket(perSecond: number, clock: () => number): TokenBucket {
  const most = Math.max(1, perSecond);
  let tokens = most;
  let filled = clock();
  return () => {
    const now = clock();
    tokens = Math.min(most, tokens + ((now - filled) / 1000) * perSecond);
    filled = now;
    if (tokens < 1) return (1 - tokens) / perSecond;
    tokens -= 1;
    return 0;
  };
}
