import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  ClientDisconnectedError,
  DeadlineError,
  DrainingError,
  QueueFullError,
} from '../errors.js';
import { stimulusError } from '../stimulus/errors.js';
import type { ComputedBatch } from '../tracing/trace-batch.js';
import type { Engine, EngineRequest } from './engine.js';
import {
  createRequestQueue,
  deliver,
  groupByNeurons,
  joinStimuli,
  type QueueEntry,
  type Slice,
} from './request-queue.js';
import { computeTwice } from './twice.js';

/**
 * A prediction during an experiment is computed before a tuning sweep; a sweep that waits gets a fifth of the engine's
 * time all the same.
 */
export type Priority = 'prediction' | 'sweep';

export interface ScheduledRequest extends EngineRequest {
  readonly priority: Priority;
  /** Aborted when the client disconnects: the request is dropped before the engine computes it. */
  readonly signal?: AbortSignal;
  /** In milliseconds of the scheduler's clock; past it the request is rejected. */
  readonly deadline?: number;
  /** Called with each batch that computed stimuli of the request. */
  readonly onBatch?: (batch: ComputedBatch) => void;
}

/** Responses [stimuli, neurons], row-major, and where the time went. */
interface ScheduledResponses {
  readonly values: Float32Array;
  readonly queueSeconds: number;
  readonly inferSeconds: number;
}

export interface Scheduler {
  /**
   * @throws QueueFullError when too many stimuli wait
   * @throws DeadlineError when the deadline passed before the responses were there
   * @throws DrainingError once `drain` was called
   * @throws ClientDisconnectedError when the signal was aborted
   * @throws InputError naming a stimulus for which the model gives no finite number, as an imported network may
   */
  respond(request: ScheduledRequest): Promise<ScheduledResponses>;
  /** For work that can wait: resolves once other work has run and the engine has computed its predictions. */
  yieldToEventLoop(): Promise<void>;
  /** Stimuli that wait, those at the engine included. */
  readonly depth: number;
  /** Rejects new requests, and resolves when those accepted have been answered. */
  drain(): Promise<void>;
}

export interface SchedulerOptions {
  readonly engine: Pick<Engine, 'respond'>;
  /** The most stimuli of one priority that may wait: sweeps never fill the queue of predictions. */
  readonly capacity: number;
  /** The most stimuli that the engine gets at a time. */
  readonly chunk: number;
  /**
   * The time that one batch of a sweep takes. While predictions arrive, a batch of a sweep is cut to the time
   * that a typical prediction takes, so that a prediction waits at most that long.
   */
  readonly sweepMilliseconds: number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Called with each batch that the engine computed, and the digest of its model. */
  readonly onBatch?: (stimuli: number, digest: string, seconds: number) => void;
}

/** After this time without a prediction, none is expected. */
const EXPECTED_MILLISECONDS = 2000;
/** The least work for which a call of the engine is worth its cost. */
const MIN_MILLISECONDS = 2;
/** Of the engine's time, what sweeps get where predictions never leave it free. */
const SWEEP_SHARE = 0.2;

/** A request in the queue, and how to settle it. */
interface ScheduledEntry extends QueueEntry {
  readonly request: ScheduledRequest;
  inferSeconds: number;
  /** When it came, then when its latest batch ended. */
  queued: number;
  /** Milliseconds that each stimulus of its latest batch took. */
  pace: number | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Queues requests for the engine: first in, first out, predictions before sweeps. Requests are cut into chunks.
 * Neighbouring requests for the same model share a chunk; a request never waits to be joined by others. The
 * engine has one batch at a time.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { engine, capacity, chunk, sweepMilliseconds, clock, onBatch } = options;
  const queues = {
    prediction: createRequestQueue<ScheduledEntry>(),
    sweep: createRequestQueue<ScheduledEntry>(),
  };
  let atEngine = 0;
  /** Settles when the predictions at the engine are answered. */
  let predicting = Promise.resolve();
  /** Milliseconds that predictions typically take, and when one last came. */
  let typical: number | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  /** Milliseconds that sweeps would have had of their share while predictions were computed. */
  let owed = 0;
  let running = false;
  let draining = false;
  let work = Promise.resolve();

  return {
    respond,
    drain,
    async yieldToEventLoop() {
      await nextTurn();
      await predicting;
    },
    get depth() {
      return queues.prediction.stimuli + queues.sweep.stimuli + atEngine;
    },
  };

  async function respond(request: ScheduledRequest): Promise<ScheduledResponses> {
    const { priority, signal, stimuli, neurons } = request;
    const waiting = queues[priority].stimuli;
    const arrived = clock();
    if (signal?.aborted) throw disconnectedError();
    if (draining) throw new DrainingError('the service is shutting down');
    if (isLate(request)) throw deadlineError();
    if (waiting + stimuli.count > capacity) {
      throw new QueueFullError(
        `too many waiting stimuli: ${waiting + stimuli.count}; expected at most ${capacity}`,
      );
    }
    const values = new Float32Array(stimuli.count * neurons.length);
    const inferSeconds = await new Promise<number>((resolve, reject) => {
      const settle = (outcome: () => void) => {
        signal?.removeEventListener('abort', leave);
        outcome();
      };
      const entry: ScheduledEntry = {
        request,
        values,
        dispatched: 0,
        inferSeconds: 0,
        queued: arrived,
        pace: undefined,
        resolve: () => settle(() => resolve(entry.inferSeconds)),
        reject: (reason) => settle(() => reject(reason)),
      };
      const leave = () => rejectEntry(entry, disconnectedError());
      signal?.addEventListener('abort', leave);
      queues[priority].add(entry);
      if (!running) work = run();
    });
    checkFinite(values, neurons.length);
    const queueSeconds = Math.max(0, (clock() - arrived) / 1000 - inferSeconds);
    return { values, queueSeconds, inferSeconds };
  }

  async function drain(): Promise<void> {
    draining = true;
    await work;
  }

  async function run(): Promise<void> {
    running = true;
    for (let slices = next(); slices.length > 0; slices = next()) await turn(slices);
    running = false;
  }

  async function turn(slices: readonly Slice<ScheduledEntry>[]): Promise<void> {
    const computing = compute(slices);
    if (slices[0]?.entry.request.priority === 'sweep') {
      owed = Math.max(0, owed - (await computing));
      return;
    }
    predicting = computing.then(() => {});
    const milliseconds = await computing;
    owed += (milliseconds * SWEEP_SHARE) / (1 - SWEEP_SHARE);
    // Steps up and down are alike, so that it approaches the median: one late prediction predicts no other.
    typical =
      typical === undefined ? milliseconds : typical * (milliseconds > typical ? 1.05 : 0.95);
    lastAt = clock();
  }

  function next(): Slice<ScheduledEntry>[] {
    for (const queue of [queues.prediction, queues.sweep]) {
      for (const entry of queue) if (isLate(entry.request)) rejectEntry(entry, deadlineError());
    }
    if (queues.sweep.first === undefined) owed = 0;
    const predictions = owed >= sweepBound() ? [] : queues.prediction.takeSlices(chunk);
    return predictions.length > 0 ? predictions : queues.sweep.takeSlices(sweepChunk());
  }

  /** The pace of a sweep is not known before its first stimulus. */
  function sweepChunk(): number {
    const pace = queues.sweep.first?.pace;
    if (pace === undefined) return 1;
    return Math.min(chunk, Math.max(1, Math.floor(sweepBound() / pace)));
  }

  /** Milliseconds that the next batch of a sweep may take. */
  function sweepBound(): number {
    const expected = clock() - lastAt < EXPECTED_MILLISECONDS ? typical : undefined;
    return Math.min(sweepMilliseconds, Math.max(MIN_MILLISECONDS, expected ?? sweepMilliseconds));
  }

  /** @returns milliseconds that it took */
  async function compute(slices: readonly Slice<ScheduledEntry>[]): Promise<number> {
    const started = clock();
    const { digest } = slices[0]!.entry.request;
    atEngine = slices.reduce((sum, { rows }) => sum + rows, 0);
    const answered = await Promise.all(groupByNeurons(slices).map(computeGroup));
    const ended = clock();
    const milliseconds = ended - started;
    for (const { entry, rows } of slices) {
      entry.request.onBatch?.({ queued: entry.queued, started, ended, stimuli: rows });
      entry.queued = ended;
      entry.inferSeconds += milliseconds / 1000;
      entry.pace = milliseconds / atEngine;
    }
    if (answered.includes(true)) onBatch?.(atEngine, digest, milliseconds / 1000);
    atEngine = 0;
    for (const { entry, from, rows } of slices) {
      if (from + rows < entry.request.stimuli.count) continue;
      if (isLate(entry.request)) rejectEntry(entry, deadlineError());
      else entry.resolve();
    }
    return milliseconds;
  }

  /** @returns whether the engine computed it; where it did not, the entries are rejected */
  async function computeGroup(group: readonly Slice<ScheduledEntry>[]): Promise<boolean> {
    const { digest, neurons } = group[0]!.entry.request;
    const requestIds = [...new Set(group.flatMap(({ entry }) => entry.request.requestIds ?? []))];
    const request = { digest, neurons, stimuli: joinStimuli(group), requestIds };
    try {
      deliver(group, await computeTwice(() => engine.respond(request)));
      return true;
    } catch (error) {
      for (const { entry } of group) rejectEntry(entry, error);
      return false;
    }
  }

  function rejectEntry(entry: ScheduledEntry, reason: unknown): void {
    queues[entry.request.priority].remove(entry);
    entry.reject(reason);
  }

  function isLate({ deadline = Number.POSITIVE_INFINITY }: ScheduledRequest): boolean {
    return clock() >= deadline;
  }

  function disconnectedError(): ClientDisconnectedError {
    return new ClientDisconnectedError('the client has gone');
  }

  function deadlineError(): DeadlineError {
    return new DeadlineError('the deadline passed before the responses were there');
  }
}

/** @param values responses [stimuli, neurons] */
function checkFinite(values: Float32Array, neurons: number): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const said = `has a response of ${values[i]}; expected finite responses`;
    throw stimulusError(Math.floor(i / neurons), `${said}: the network cannot be used for it`);
  }
}
