import type { Span } from './tracer.js';

/** Stimuli of one request that the engine computed together. Times are milliseconds of `performance.now()`. */
export interface ComputedBatch {
  /** Since when they waited. */
  readonly queued: number;
  readonly started: number;
  readonly ended: number;
  /** Of the request; the batch may hold stimuli of others too. */
  readonly stimuli: number;
}

/** Adds a batch to a trace: its wait in the queue, then its time at the engine. */
export function traceBatch(parent: Span, { queued, started, ended, stimuli }: ComputedBatch): void {
  parent.start('queue', {}, queued).end({ at: started });
  parent.start('infer', { 'hypercolumn.stimuli': stimuli }, started).end({ at: ended });
}
