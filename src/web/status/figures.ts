import { type Histogram, histogramOf, quantile, samplesIn, since, valueIn } from './exposition.js';

/** What the service's metrics say at one moment. */
export interface Look {
  /** Milliseconds, monotonic. */
  readonly at: number;
  /** Stimuli that wait for the engine. */
  readonly queue: number;
  /** Stimuli that the engine has answered since it started: of predictions, sweeps and jobs. */
  readonly stimuli: number;
  /** How long predictions took, in seconds. */
  readonly predictions: Histogram;
}

/** What came between two looks. */
export interface Figures {
  readonly queue: number;
  readonly stimuli: number;
  readonly predictions: number;
  /** Seconds; undefined where there was no prediction. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
}

/** Routes that a rig waits for. */
const PREDICTIONS = /\/(responses|stream|infer)$/;

/** @param text of the metrics, as Prometheus reads it */
export function lookAt(text: string, at: number): Look {
  const samples = samplesIn(text);
  return {
    at,
    queue: valueIn(samples, 'hypercolumn_queue_depth') ?? 0,
    // each batch counts with its size
    stimuli: valueIn(samples, 'hypercolumn_batch_size_sum') ?? 0,
    predictions: histogramOf(samples, 'hypercolumn_answer_seconds', ({ route = '' }) =>
      PREDICTIONS.test(route),
    ),
  };
}

export function figuresBetween(before: Look, now: Look): Figures {
  // a service that was started again counts from 0
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
