import {
  type Histogram,
  quantile,
  samplesIn,
  since,
  sumHistograms,
  valueIn,
} from './exposition.js';

/** The service's metrics at one moment. */
export interface MetricsSnapshot {
  /** Monotonic time in milliseconds. */
  readonly at: number;
  /** Number of stimuli in the queue. */
  readonly queue: number;
  /** Number of computed stimuli since the start, of predictions, sweeps and jobs. */
  readonly stimuli: number;
  /** Durations of predictions in seconds. */
  readonly predictions: Histogram;
}

/** Figures of the time between two snapshots. */
export interface Figures {
  readonly queue: number;
  readonly stimuli: number;
  readonly predictions: number;
  /** Seconds; undefined without predictions. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** Routes that return predictions. */
const PREDICTIONS = /\/(responses|stream|infer)$/;

/** @param text metrics in the Prometheus text format */
export function readMetrics(text: string, at: number): MetricsSnapshot {
  const samples = samplesIn(text);
  return {
    at,
    queue: valueIn(samples, 'hypercolumn_queue_depth') ?? 0,
    // The sum of the batch sizes is the number of stimuli.
    stimuli: valueIn(samples, 'hypercolumn_batch_size_sum') ?? 0,
    predictions: sumHistograms(samples, 'hypercolumn_answer_seconds', ({ route = '' }) =>
      PREDICTIONS.test(route),
    ),
  };
}

export function figuresBetween(before: MetricsSnapshot, now: MetricsSnapshot): Figures {
  // A restarted service counts from 0.
  const start = now.stimuli < before.stimuli ? { stimuli: 0, predictions: new Map() } : before;
  const recent = since(start.predictions, now.predictions);
  return {
    queue: now.queue,
    stimuli: now.stimuli - start.stimuli,
    predictions: [...recent.values()].at(-1) ?? 0,
    p50: quantile(recent, 0.5),
    p99: quantile(recent, 0.99),
  };
}
