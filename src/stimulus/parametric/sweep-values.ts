import { z } from 'zod';
import type { Canvas } from '../stimuli.js';

/** The values at which a parameter is swept when a sweep names none, lengths in pixels. */
export type SweepValues = (canvas: Canvas) => readonly number[];

const registry = z.registry<{ readonly values: SweepValues }>();

/** A field of a stimulus that has default values for sweeps. */
export function sweptAt<Field extends z.ZodType>(field: Field, values: SweepValues): Field {
  registry.add(field, { values });
  return field;
}

/** The default values of a field; undefined where it has none. */
export function sweepValues(field: z.ZodType): SweepValues | undefined {
  return registry.get(field)?.values;
}

/** `count` values, rounded to four digits. */
export function spaced(count: number, value: (i: number) => number): number[] {
  return Array.from({ length: count }, (_, i) => short(value(i)));
}

/** `count` values at equal ratios from `low` to `high`, rounded to four digits. */
export function logSpaced(count: number, low: number, high: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    // Rounding must not go beyond the largest contrast.
    return i === count - 1 ? high : short(low * (high / low) ** (i / (count - 1)));
  });
}

function short(value: number): number {
  return Number(value.toPrecision(4));
}
