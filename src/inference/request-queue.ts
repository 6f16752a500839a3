import { concatStimuli, type Stimuli, sliceStimuli } from '../stimulus/stimuli.js';
import type { EngineRequest } from './engine.js';

/** A request on its way through the engine, in one or more pieces. */
export interface Job {
  readonly request: EngineRequest;
  /** Responses [stimuli, neurons], filled as the pieces are answered. */
  readonly values: Float32Array;
  /** Stimuli that have left the line for the engine. */
  taken: number;
}

/** Neighbouring stimuli of one job: `rows` of them, the first being number `from`. */
export interface Piece<J extends Job = Job> {
  readonly job: J;
  readonly from: number;
  readonly rows: number;
}

/** Requests that wait, first in, first out. */
export interface WaitingLine<J extends Job> extends Iterable<J> {
  /** Stimuli that wait. */
  readonly stimuli: number;
  add(job: J): void;
  /** Takes what is left of a job out of the line. */
  remove(job: J): void;
  readonly first: J | undefined;
  /**
   * At most `limit` stimuli from the head of the line: a piece of the first request, and with it
   * those right behind that ask the same model. Empty when nobody waits.
   */
  take(limit: number): Piece<J>[];
}

export function createWaitingLine<J extends Job>(): WaitingLine<J> {
  // a Set keeps the order, and lets a job leave from the middle at no cost
  const jobs = new Set<J>();
  let stimuli = 0;

  return {
    add,
    remove,
    take,
    get stimuli() {
      return stimuli;
    },
    get first() {
      return jobs.values().next().value;
    },
    [Symbol.iterator]: () => jobs.values(),
  };

  function add(job: J): void {
    jobs.add(job);
    stimuli += waitingIn(job);
  }

  function remove(job: J): void {
    if (jobs.delete(job)) stimuli -= waitingIn(job);
  }

  function take(limit: number): Piece<J>[] {
    const pieces: Piece<J>[] = [];
    let room = limit;
    for (const job of jobs) {
      const first = pieces[0]?.job.request ?? job.request;
      if (room === 0 || first.digest !== job.request.digest) break;
      const rows = Math.min(room, waitingIn(job));
      pieces.push({ job, from: job.taken, rows });
      job.taken += rows;
      stimuli -= rows;
      room -= rows;
      if (waitingIn(job) === 0) jobs.delete(job);
    }
    return pieces;
  }
}

/** Cuts the pieces of a batch where the next asks for other neurons than the one before. */
export function questionsIn<J extends Job>(pieces: readonly Piece<J>[]): Piece<J>[][] {
  const questions: Piece<J>[][] = [];
  for (const piece of pieces) {
    const last = questions.at(-1);
    if (last && sameNeurons(last[0]!.job.request, piece.job.request)) last.push(piece);
    else questions.push([piece]);
  }
  return questions;
}

/** The stimuli of all pieces, one after the other; copied only when they lie apart. */
export function joinStimuli(pieces: readonly Piece[]): Stimuli {
  return concatStimuli(
    pieces.map(({ job, from, rows }) => sliceStimuli(job.request.stimuli, from, from + rows)),
  );
}

/** Hands the rows of a batch's responses to the jobs they belong to. */
export function deliver(pieces: readonly Piece[], responses: Float32Array): void {
  let offset = 0;
  for (const { job, from, rows } of pieces) {
    const neurons = job.request.neurons.length;
    job.values.set(responses.subarray(offset, offset + rows * neurons), from * neurons);
    offset += rows * neurons;
  }
  if (offset !== responses.length) {
    throw new Error(`the engine gave ${responses.length} responses where ${offset} were asked for`);
  }
}

function waitingIn(job: Job): number {
  return job.request.stimuli.count - job.taken;
}

function sameNeurons({ neurons: a }: EngineRequest, { neurons: b }: EngineRequest): boolean {
  return a.length === b.length && a.every((neuron, i) => neuron === b[i]);
}
