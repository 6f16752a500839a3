import { z } from 'zod';
import type { Canvas } from '../stimuli.js';

/** Computes the default values of a parameter for sweeps, lengths in pixels. */
export type SweepValues = (canvas: Canvas) => readonly number[];

const registry = z.registry<{ readonly values: SweepValues }>();

/** Adds default values for sweeps to a field of a stimulus. */
export function sweptAt<Field extends z.ZodType>(field: Field, values: SweepValues): Field {
  registry.add(field, { values });
  return field;
}

/** Returns the default values of a field; undefined if it has none. */
export function sweepValues(field: z.ZodType): SweepValues | undefined {
  return registry.get(field)?.values;
}

/** Lists `count` values, rounded to four digits. */
export function spaced(count: number, value: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => short(value(i)));
}

/** Lists `count` values at equal ratios from `low` to `high`, rounded to four digits. */
export function logSpaced(count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    // Rounding must not go beyond the largest contrast.
    return i === count - 1 ? high : short(low * (high / low) ** (i / (count - 1)));
  });
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
