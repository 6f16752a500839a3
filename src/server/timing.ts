import { traced } from '../tracing/tracer.js';
import type { AppContext } from './context.js';
import { STAGES, type Stage } from './metrics/statistics.js';
import type { CacheUse } from './metrics/store-metrics.js';

/** Adds to the time that a request spent in a stage. */
export function addSeconds(c: AppContext, stage: Stage, seconds: number): void {
  const log = c.get('log');
  log.seconds[stage] = (log.seconds[stage] ?? 0) + seconds;
}

/** Runs one stage of a request as a part of its trace, and adds its time, by the clock's milliseconds. */
export async function timed<T>(
  c: AppContext,
  clock: () => number,
  stage: Stage,
  work: () => T | Promise<T>,
): Promise<T> {
  const started = clock();
  try {
    return await traced(c.get('request').span, stage, work);
  } finally {
    addSeconds(c, stage, (clock() - started) / 1000);
  }
}

/** The last fields of an answer in JSON: the milliseconds of each stage so far, and the request's id. */
export function timingAndId(c: AppContext) {
  const { seconds } = c.get('log');
  const timing: Partial<Record<Stage, number>> = {};
  for (const stage of STAGES) {
    const value = seconds[stage];
    if (value !== undefined) timing[stage] = milliseconds(value);
  }
  return { timing, id: c.get('request').id };
}

/** The header `Server-Timing`. */
export function serverTiming(
  seconds: Readonly<Partial<Record<Stage | 'total', number>>>,
  cache: CacheUse | undefined,
): string {
  const stages = ([...STAGES, 'total'] as const).flatMap((stage) => {
    const value = seconds[stage];
    return value === undefined ? [] : [`${stage};dur=${milliseconds(value)}`];
  });
  return (cache === undefined ? stages : [`cache;desc=${cache}`, ...stages]).join(', ');
}

/** To the microsecond. */
export function milliseconds(seconds: number): number {
  return Math.round(seconds * 1e6) / 1000;
}
