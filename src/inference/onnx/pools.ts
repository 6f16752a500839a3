import type { WorkerPool } from './worker-pool.js';

/** A pool of threads, with a count of what it does. */
export interface CountedPool {
  readonly threads: WorkerPool;
  /** Counts a request, which is over when the function that this returns is called. */
  use(): () => void;
  /** Takes note that one of its models was unloaded, or could not be loaded. */
  leave(): Promise<void>;
}

/** Pools of threads. The first one exists from the start. */
export interface Pools {
  /** @returns the pool that is to load a model, which counts as one of its models from now on */
  choose(): CountedPool;
  close(): Promise<void>;
}

export interface PoolsOptions {
  readonly start: () => WorkerPool;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** The most pools. Each of their threads takes about 15 MB. */
const MOST = 2;
/** Milliseconds in which the weight of a request falls to 1/e. */
const MEMORY = 10_000;
/** The weight of a single request after that time. */
const QUIET = Math.exp(-1);

interface Pool extends CountedPool {
  readonly isEmpty: boolean;
  /** A model is loaded. */
  enter(): void;
  /** The number of running requests, plus a weight for each ended one, which decreases with time. */
  busyness(): number;
}

/**
 * Chooses where models are loaded. A thread that loads a model answers nothing meanwhile, so a model goes to the
 * pool that has answered least in the last seconds. Where all pools were busy, another one starts, up to the limit.
 */
export function createPools({ start, clock }: PoolsOptions): Pools {
  const pools = new Set<Pool>([startPool()]);
  return {
    choose() {
      const weighed = [...pools].map((pool) => ({ pool, busyness: pool.busyness() }));
      const least = weighed.reduce((a, b) => (b.busyness < a.busyness ? b : a));
      const isEnough = least.busyness <= QUIET || pools.size >= MOST;
      const pool = isEnough ? least.pool : startPool();
      pools.add(pool);
      pool.enter();
      return pool;
    },
    async close() {
      await Promise.all([...pools].map(({ threads }) => threads.close()));
    },
  };

  function startPool(): Pool {
    const threads = start();
    let models = 0;
    let running = 0;
    let ended = { weight: 0, at: clock() };
    const weightNow = () => ended.weight * Math.exp((ended.at - clock()) / MEMORY);
    const pool: Pool = {
      threads,
      get isEmpty() {
        return models === 0;
      },
      enter() {
        models += 1;
      },
      async leave() {
        models -= 1;
        if (models > 0 || running > 0) return;
        // One empty pool stays, so that a model that replaces another one needs no further threads.
        const isOnlyEmpty = [...pools].every((other) => other === pool || !other.isEmpty);
        if (isOnlyEmpty) return;
        pools.delete(pool);
        await threads.close();
      },
      use() {
        running += 1;
        return () => {
          running -= 1;
          ended = { weight: weightNow() + 1, at: clock() };
        };
      },
      busyness: () => running + weightNow(),
    };
    return pool;
  }
}
