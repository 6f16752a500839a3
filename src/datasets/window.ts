/** A time around the onset of an image, [from, to), in milliseconds. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Formats a window as options take it: `40:100ms`. */
export function formatWindow({ from, to }: Window): string {
  return `${from}:${to}ms`;
}

/** No neuron answers an image so soon, in milliseconds; no window in seconds reaches so far. */
const TOO_SOON = 5;
/** Digits of a number of seconds that are exact in double precision. */
const DIGITS = 12;

/** Returns milliseconds, without the rounding error of binary fractions: 70 for 0.07 s, not 70.00000000000001. */
export function toMilliseconds(seconds: number): number {
  return Number((seconds * 1000).toPrecision(DIGITS));
}

/** A window that is probably in seconds. */
interface InSeconds {
  readonly name: 'window' | 'baseline';
  /** What is wrong, after the name. */
  readonly text: string;
}

/**
 * Finds windows that are probably in seconds: both ends are less than 5 ms from the onset.
 * @example
 * findSeconds({ window: { from: 0.04, to: 0.1 } });
 * // [{ name: 'window', text: 'is within 5 ms of the onset: 0.04:0.1ms; expected milliseconds: 40:100ms if ...' }]
 */
export function findSeconds(times: {
  readonly window?: Window | null | undefined;
  readonly baseline?: Window | 'none' | null | undefined;
}): InSeconds[] {
  return (['window', 'baseline'] as const).flatMap((name) => {
    const window = times[name] ?? 'none';
    if (window === 'none') return [];
    const { from, to } = window;
    if (Math.max(Math.abs(from), Math.abs(to)) >= TOO_SOON) return [];
    const meant = formatWindow({ from: toMilliseconds(from), to: toMilliseconds(to) });
    const text =
      `is within ${TOO_SOON} ms of the onset: ${formatWindow(window)}; expected milliseconds: ${meant} if seconds ` +
      'were meant';
    return [{ name, text }];
  });
}
