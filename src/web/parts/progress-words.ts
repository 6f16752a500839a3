import { seconds } from './numbers.js';

/** How far long work is. */
export interface Work {
  /** What is being done, such as `Searching`. */
  readonly doing: string;
  /** What is counted, such as `stimuli`. */
  readonly unit: string;
  readonly done: number;
  /** 0 where it is not known yet. */
  readonly total: number;
  /** null where it is not known. */
  readonly secondsLeft: number | null;
}

/** Such as `Searching: 30 of 400 steps, about 12 s left`. */
export function progressWords({ doing, unit, done, total, secondsLeft }: Work): string {
  if (total === 0) return `${doing}: preparing`;
  const left = secondsLeft === null ? '' : `, about ${seconds(secondsLeft)} left`;
  return `${doing}: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} ${unit}${left}`;
}
