import { setImmediate as others } from 'node:timers/promises';
import {
  ClientDisconnectedError,
  DeadlineError,
  DrainingError,
  QueueFullError,
} from '../errors.js';
import type { Engine, EngineRequest } from './engine.js';
import {
  createWaitingLine,
  deliver,
  type Job,
  joinStimuli,
  type Piece,
  questionsIn,
} from './request-queue.js';
import { computeTwice } from './twice.js';

/** A rig's prediction comes before a tuning sweep. */
export type Priority = 'prediction' | 'sweep';

export interface ScheduledRequest extends EngineRequest {
  readonly priority: Priority;
  /** Aborted when the client has gone: the request is dropped before it costs compute. */
  readonly signal?: AbortSignal;
  /** In milliseconds of the scheduler's clock; past it the request is refused. */
  readonly deadline?: number;
}

/** Responses [stimuli, neurons], row-major, and where the time went. */
export interface ScheduledResponses {
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
   */
  respond(request: ScheduledRequest): Promise<ScheduledResponses>;
  /** For work that can wait: lets others have their turn, and predictions at the engine be answered. */
  giveWay(): Promise<void>;
  /** Stimuli that wait, those at the engine included. */
  readonly depth: number;
  /** Refuses new requests and resolves when those accepted have been answered. */
  drain(): Promise<void>;
}

export interface SchedulerOptions {
  readonly engine: Pick<Engine, 'respond'>;
  /** Stimuli of one priority that may wait at once: sweeps never fill the queue of predictions. */
  readonly capacity: number;
  /** Stimuli handed to the engine at a time, at most. */
  readonly chunk: number;
  /**
   * As many stimuli of a sweep are handed over at a time as take so long, or while predictions come, as
   * long as these: one that comes meanwhile waits no longer than that.
   */
  readonly sweepMilliseconds: number;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** Told of each batch that the engine answered, with the digest of its model. */
  readonly onBatch?: (stimuli: number, digest: string, seconds: number) => void;
}

/** Without a prediction for so long, in milliseconds, none is expected. */
const EXPECTED = 2000;
/** Milliseconds for which it is worth asking the engine. */
const LEAST_SLICE = 2;

/** A request in line, and how to answer it. */
interface ScheduledJob extends Job {
  readonly request: ScheduledRequest;
  inferSeconds: number;
  /** Milliseconds that each stimulus of its latest batch took. */
  pace: number | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Puts requests in line for the engine: first in, first out, predictions before sweeps. Requests
 * are cut into chunks, and those that wait one after the other for the same model share one; nothing
 * ever waits for company. The engine has one batch at a time.
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { engine, capacity, chunk, sweepMilliseconds, clock, onBatch } = options;
  const lines = {
    prediction: createWaitingLine<ScheduledJob>(),
    sweep: createWaitingLine<ScheduledJob>(),
  };
  let atEngine = 0;
  /** Settles when the predictions at the engine are answered. */
  let predicting = Promise.resolve();
  /** What predictions take, typically, and when one last came. */
  let typical: number | undefined;
  let lastAt = Number.NEGATIVE_INFINITY;
  let running = false;
  let draining = false;
  let work = Promise.resolve();

  return {
    respond,
    drain,
    async giveWay() {
      await others();
      await predicting;
    },
    get depth() {
      return lines.prediction.stimuli + lines.sweep.stimuli + atEngine;
    },
  };

  async function respond(request: ScheduledRequest): Promise<ScheduledResponses> {
    const { priority, signal, stimuli, neurons } = request;
    const waiting = lines[priority].stimuli;
    const arrived = clock();
    if (signal?.aborted) throw disconnection();
    if (draining) throw new DrainingError('the service is shutting down');
    if (isLate(request)) throw lateness();
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
      const job: ScheduledJob = {
        request,
        values,
        taken: 0,
        inferSeconds: 0,
        pace: undefined,
        resolve: () => settle(() => resolve(job.inferSeconds)),
        reject: (reason) => settle(() => reject(reason)),
      };
      const leave = () => refuse(job, disconnection());
      signal?.addEventListener('abort', leave);
      lines[priority].add(job);
      if (!running) work = run();
    });
    const queueSeconds = Math.max(0, (clock() - arrived) / 1000 - inferSeconds);
    return { values, queueSeconds, inferSeconds };
  }

  async function drain(): Promise<void> {
    draining = true;
    await work;
  }

  async function run(): Promise<void> {
    running = true;
    for (let pieces = next(); pieces.length > 0; pieces = next()) await turn(pieces);
    running = false;
  }

  async function turn(pieces: readonly Piece<ScheduledJob>[]): Promise<void> {
    const computing = compute(pieces);
    if (pieces[0]?.job.request.priority === 'sweep') return void (await computing);
    predicting = computing.then(() => {});
    const milliseconds = await computing;
    // up and down alike, so that it nears the median: a late one says nothing of the next
    typical =
      typical === undefined ? milliseconds : typical * (milliseconds > typical ? 1.05 : 0.95);
    lastAt = clock();
  }

  function next(): Piece<ScheduledJob>[] {
    for (const line of [lines.prediction, lines.sweep]) {
      for (const job of line) if (isLate(job.request)) refuse(job, lateness());
    }
    const predictions = lines.prediction.take(chunk);
    return predictions.length > 0 ? predictions : lines.sweep.take(sweepChunk());
  }

  /** The pace of a sweep is not known before its first stimulus. */
  function sweepChunk(): number {
    const pace = lines.sweep.first?.pace;
    if (pace === undefined) return 1;
    const expected = clock() - lastAt < EXPECTED ? typical : undefined;
    const slice = Math.max(LEAST_SLICE, expected ?? sweepMilliseconds);
    return Math.min(chunk, Math.max(1, Math.floor(Math.min(sweepMilliseconds, slice) / pace)));
  }

  /** @returns milliseconds that it took */
  async function compute(pieces: readonly Piece<ScheduledJob>[]): Promise<number> {
    const started = clock();
    const { digest } = pieces[0]!.job.request;
    atEngine = pieces.reduce((sum, { rows }) => sum + rows, 0);
    const answered = await Promise.all(questionsIn(pieces).map(answer));
    const milliseconds = clock() - started;
    for (const { job } of pieces) {
      job.inferSeconds += milliseconds / 1000;
      job.pace = milliseconds / atEngine;
    }
    if (answered.includes(true)) onBatch?.(atEngine, digest, milliseconds / 1000);
    atEngine = 0;
    for (const { job, from, rows } of pieces) {
      if (from + rows < job.request.stimuli.count) continue;
      if (isLate(job.request)) refuse(job, lateness());
      else job.resolve();
    }
    return milliseconds;
  }

  /** @returns whether the engine answered; where not, those who asked have been told */
  async function answer(question: readonly Piece<ScheduledJob>[]): Promise<boolean> {
    const { digest, neurons } = question[0]!.job.request;
    const request = { digest, neurons, stimuli: joinStimuli(question) };
    try {
      deliver(question, await computeTwice(() => engine.respond(request)));
      return true;
    } catch (error) {
      for (const { job } of question) refuse(job, error);
      return false;
    }
  }

  function refuse(job: ScheduledJob, reason: unknown): void {
    lines[job.request.priority].remove(job);
    job.reject(reason);
  }

  function isLate({ deadline = Number.POSITIVE_INFINITY }: ScheduledRequest): boolean {
    return clock() >= deadline;
  }

  function disconnection(): ClientDisconnectedError {
    return new ClientDisconnectedError('the client has gone');
  }

  function lateness(): DeadlineError {
    return new DeadlineError('the deadline passed before the responses were there');
  }
}
