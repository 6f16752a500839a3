/** The most steps between ticks. */
const STEPS = 8;

/**
 * Returns ticks at whole numbers, from 1 to at most `last`.
 * @param last at least 1
 * @example
 * wholeTicks(20); // [1, 4, 7, 10, 13, 16, 19]
 */
export function wholeTicks(last: number): number[] {
  const step = Math.max(1, Math.ceil((last - 1) / STEPS));
  return Array.from({ length: Math.floor((last - 1) / step) + 1 }, (_, i) => 1 + i * step);
}
