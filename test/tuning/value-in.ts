import type { Index } from '../../src/tuning/schemas.js';

/** The number of an index that must have one. */
export function valueIn(index: Index): number {
  if (index.value === null) throw new Error(index.reason);
  return index.value;
}
