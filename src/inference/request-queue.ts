import { concatStimuli, type Stimuli, sliceStimuli } from '../stimulus/stimuli.js';
import type { EngineRequest } from './engine.js';

/** A request in the queue, which the engine computes in one or more slices. */
export interface QueueEntry {
  readonly request: EngineRequest;
  /** Responses [stimuli, neurons], filled as the engine computes the slices. */
  readonly values: Float32Array;
  /** Stimuli that have left the queue for the engine. */
  dispatched: number;
}

/** Neighbouring stimuli of one entry: `rows` of them, the first being number `from`. */
export interface Slice<Entry extends QueueEntry = QueueEntry> {
  readonly entry: Entry;
  readonly from: number;
  readonly rows: number;
}

/** Requests that wait, first in, first out. */
export interface RequestQueue<Entry extends QueueEntry> extends Iterable<Entry> {
  /** Stimuli that wait. */
  readonly stimuli: number;
  add(entry: Entry): void;
  /** Removes what is left of an entry. */
  remove(entry: Entry): void;
  readonly first: Entry | undefined;
  /**
   * Takes at most `limit` stimuli from the head of the queue: a slice of the first request, and those of the
   * requests right behind it for the same model. Empty when no request waits.
   */
  takeSlices(limit: number): Slice<Entry>[];
}

export function createRequestQueue<Entry extends QueueEntry>(): RequestQueue<Entry> {
  // A Set keeps the order, and an entry can leave from the middle at no cost.
  const entries = new Set<Entry>();
  let stimuli = 0;

  return {
    add,
    remove,
    takeSlices,
    get stimuli() {
      return stimuli;
    },
    get first() {
      return entries.values().next().value;
    },
    [Symbol.iterator]: () => entries.values(),
  };

  function add(entry: Entry): void {
    entries.add(entry);
    stimuli += waitingStimuli(entry);
  }

  function remove(entry: Entry): void {
    if (entries.delete(entry)) stimuli -= waitingStimuli(entry);
  }

  function takeSlices(limit: number): Slice<Entry>[] {
    const slices: Slice<Entry>[] = [];
    let room = limit;
    for (const entry of entries) {
      const first = slices[0]?.entry.request ?? entry.request;
      if (room === 0 || first.digest !== entry.request.digest) break;
      const rows = Math.min(room, waitingStimuli(entry));
      slices.push({ entry, from: entry.dispatched, rows });
      entry.dispatched += rows;
      stimuli -= rows;
      room -= rows;
      if (waitingStimuli(entry) === 0) entries.delete(entry);
    }
    return slices;
  }
}

/** Groups neighbouring slices of a batch that are for the same neurons. */
export function groupByNeurons<Entry extends QueueEntry>(
  slices: readonly Slice<Entry>[],
): Slice<Entry>[][] {
  const groups: Slice<Entry>[][] = [];
  for (const slice of slices) {
    const last = groups.at(-1);
    if (last && sameNeurons(last[0]!.entry.request, slice.entry.request)) last.push(slice);
    else groups.push([slice]);
  }
  return groups;
}

/** The stimuli of all slices, one after the other; copied only where their memory is not contiguous. */
export function joinStimuli(slices: readonly Slice[]): Stimuli {
  return concatStimuli(
    slices.map(({ entry, from, rows }) => sliceStimuli(entry.request.stimuli, from, from + rows)),
  );
}

/** Copies the rows of a batch's responses to the entries that they belong to. */
export function deliver(slices: readonly Slice[], responses: Float32Array): void {
  let offset = 0;
  for (const { entry, from, rows } of slices) {
    const neurons = entry.request.neurons.length;
    entry.values.set(responses.subarray(offset, offset + rows * neurons), from * neurons);
    offset += rows * neurons;
  }
  if (offset !== responses.length) {
    throw new Error(`the engine gave ${responses.length} responses; expected ${offset}`);
  }
}

function waitingStimuli(entry: QueueEntry): number {
  return entry.request.stimuli.count - entry.dispatched;
}

function sameNeurons({ neurons: a }: EngineRequest, { neurons: b }: EngineRequest): boolean {
  return a.length === b.length && a.every((neuron, i) => neuron === b[i]);
}
