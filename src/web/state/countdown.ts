/** Turns estimates of the time left, which waver, into one that counts down. */
export interface Countdown {
  /** @returns seconds to show for the newest estimate, null where there is none */
  show(estimate: number | null): number | null;
}

/** Only an estimate that is larger than what is shown by so much is shown: the work has become slower. */
const SLOWER = { share: 2, seconds: 10 };

/** @param clock milliseconds, monotonic */
export function createCountdown(clock: () => number): Countdown {
  let newest: { readonly estimate: number; readonly at: number } | null = null;
  let shown = Number.POSITIVE_INFINITY;
  return {
    show(estimate) {
      if (estimate === null) {
        newest = null;
        shown = Number.POSITIVE_INFINITY;
        return null;
      }
      if (newest?.estimate !== estimate) newest = { estimate, at: clock() };
      const left = Math.max(0, Math.ceil(estimate - (clock() - newest.at) / 1000));
      const slower = left > SLOWER.share * shown + SLOWER.seconds;
      shown = slower ? left : Math.min(shown, left);
      return shown;
    },
  };
}
