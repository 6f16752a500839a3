import { z } from 'zod';
import { quote } from '../formats/explain.js';

/**
 * Numbers in paths, queries and headers are written in one way: decimal digits, for real numbers with a
 * point between them. `1e3`, `0x10`, `+5`, ` 5` and `.5` are more likely mistakes than numbers.
 */
const WHOLE = /^\d{1,9}$/;
const REAL = /^\d{1,9}(\.\d{1,9})?$/;

/** A whole number in a query. */
export const WholeNumber = z
  .string()
  .regex(WHOLE, { error: ({ input }) => `is ${quote(String(input))}; expected a whole number` })
  .transform(Number)
  .meta({ type: 'integer', pattern: undefined, minimum: 0, maximum: 999_999_999 });

/** A real number that is not negative, in a query or a header. @param message says what it must be */
export function realNumber(message: string) {
  return z.string().regex(REAL, message).transform(Number);
}

/** A whole number in a path; undefined where it is none. */
export function wholeNumberIn(text: string): number | undefined {
  return WHOLE.test(text) ? Number(text) : undefined;
}
