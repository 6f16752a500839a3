/** How long work will still take, from how fast it went lately. */
export interface TimeLeft {
  /** Notes how many of how many steps are done. */
  update(done: number, total: number): void;
  /**
   * Whole seconds, counting down between two updates; null until two updates lie apart in time and
   * steps, and while none was made for so long that the speed is no longer known.
   */
  seconds(): number | null;
}

interface Sample {
  readonly at: number;
  readonly done: number;
}

/** Milliseconds over which the speed is measured, so that it follows a machine that is busy. */
const WINDOW_MS = 30_000;

/** @param clock milliseconds, monotonic */
export function createTimeLeft(clock: () => number): TimeLeft {
  /** Oldest first; the first two reach over the window. */
  const samples: Sample[] = [{ at: clock(), done: 0 }];
  let total = 0;
  return {
    update(done, newTotal) {
      total = newTotal;
      const at = clock();
      samples.push({ at, done });
      while (samples.length > 2 && at - samples[1]!.at >= WINDOW_MS) samples.shift();
    },
    seconds() {
      const first = samples[0]!;
      const last = samples.at(-1)!;
      const steps = last.done - first.done;
      const elapsedMs = last.at - first.at;
      if (steps <= 0 || elapsedMs <= 0) return null;
      const expectedMs = ((total - last.done) * elapsedMs) / steps;
      const sinceMs = clock() - last.at;
      // Without an update for longer than everything was expected to take, nothing is known.
      if (sinceMs > expectedMs && total > last.done) return null;
      return Math.ceil(Math.max(0, expectedMs - sinceMs) / 1000);
    },
  };
}
