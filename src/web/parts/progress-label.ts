import { seconds } from './numbers.js';

/** The progress of a long computation. */
export interface Work {
  /** The activity, such as `Searching`. */
  readonly doing: string;
  /** The counted items, such as `stimuli`. */
  readonly unit: string;
  readonly done: number;
  /** 0 until the total is known. */
  readonly total: number;
  /** null until an estimate exists. */
  readonly secondsLeft: number | null;
}

/** Formats progress, such as `Searching: 30 of 400 steps, about 12 s left`. */
export function progressLabel({ doing, unit, done, total, secondsLeft }: Work): string {
  if (total === 0) return `${doing}: preparing`;
  const left = secondsLeft === null ? '' : `, about ${seconds(secondsLeft)} left`;
  return `${doing}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}${left}`;
}
