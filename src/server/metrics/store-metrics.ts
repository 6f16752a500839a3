import { Counter, Gauge, type Registry } from 'prom-client';

/** Whether the cache had the responses of all requested neurons, of some, or of none. */
export type CacheUse = 'hit' | 'partial' | 'miss';

/** Counts of the store. */
export interface StoreMetrics {
  /** Counts a request by how many of its responses were in the cache. */
  readonly cacheUse: (use: CacheUse) => void;
  /** A stored set was found damaged. */
  readonly damagedSet: () => void;
}

/** @param cacheBytes that cached responses take, read at every scrape */
export function createStoreMetrics(registry: Registry, cacheBytes: () => number): StoreMetrics {
  const registers = [registry];
  const uses = new Counter({
    name: 'hypercolumn_response_cache_requests_total',
    help: 'Requests for a stored set: the cache had all neurons (hit), some (partial), none (miss)',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['hit', 'partial', 'miss']) uses.inc({ result }, 0);
  new Gauge({
    name: 'hypercolumn_response_cache_bytes',
    help: 'Bytes that cached responses take on disk',
    registers,
    collect() {
      this.set(cacheBytes());
    },
  });
  const damaged = new Counter({
    name: 'hypercolumn_damaged_stimulus_sets_total',
    help: 'Times a stored stimulus set was found damaged and not served',
    registers,
  });
  return {
    cacheUse: (result) => uses.inc({ result }),
    damagedSet: () => damaged.inc(),
  };
}
