import { z } from 'zod';

/** The smallest determinant of the chromaticities of primaries that count as different; that of sRGB is 0.11. */
const SMALLEST = 1e-3;

const Primary = z.strictObject({
  /** CIE 1931 chromaticity. */
  x: z.number().positive().max(1),
  y: z.number().positive().max(1),
  /** At full value, in cd/m2. */
  luminance: z.number().positive(),
  /** The light is that of full value times value^gamma, with values of 0..1. */
  gamma: z.number().min(1).max(4),
});

/**
 * The light of the monitor that showed the stimuli.
 * @example { red: { x: 0.64, y: 0.33, luminance: 21.3, gamma: 2.2 }, green: {...}, blue: {...} }
 */
export const Monitor = z.strictObject({ red: Primary, green: Primary, blue: Primary }).refine(
  ({ red, green, blue }) => {
    const [a, b] = [red, green].map(({ x, y }) => [x - blue.x, y - blue.y] as const);
    return Math.abs(a![0] * b![1] - a![1] * b![0]) >= SMALLEST;
  },
  { error: 'must have primaries of three chromaticities that are not on one line' },
);
export type Monitor = z.infer<typeof Monitor>;
