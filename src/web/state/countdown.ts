/** Turns varying estimates of the time left into one steady countdown. */
export interface Countdown {
  /** @returns seconds left for the newest estimate; null without an estimate */
  show(estimate: number | null): number | null;
}

/** The countdown rises only if a new estimate exceeds it by this much: the work has become slower. */
const SLOWER = { share: 2, seconds: 10 };

/** @param clock returns monotonic milliseconds */
export function createCountdown(clock: () => number): Countdown {
  let newest: { readonly estimate: number; readonly at: number } | null = null;
  let displayed = Number.POSITIVE_INFINITY;
  return {
    show(estimate) {
      if (estimate === null) {
        newest = null;
        displayed = Number.POSITIVE_INFINITY;
        return null;
      }
      if (newest?.estimate !== estimate) newest = { estimate, at: clock() };
      const left = Math.max(0, Math.ceil(estimate - (clock() - newest.at) / 1000));
      const slower = left > SLOWER.share * displayed + SLOWER.seconds;
      displayed = slower ? left : Math.min(displayed, left);
      return displayed;
    },
  };
}
