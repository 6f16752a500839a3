import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { InferResponseType } from 'hono/client';
import { createTimeLeft } from '../../time-left.js';
import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from './models.js';

type Routes = Service['client']['v1']['models'][':model']['versions'][':version'];
export type QuickAnswer = InferResponseType<Routes['quick-measurement']['$post']>;
export type QuickNeuron = QuickAnswer['neurons'][number];

/** What the quick measurement found of a model's neurons so far. */
export interface Measurements {
  /** By the neuron's id. */
  readonly rows: ReadonlyMap<number, QuickNeuron>;
  /** Neurons of those asked for that have a row; 0 of 0 before any were asked for. */
  readonly done: number;
  readonly total: number;
  /** By how fast rows came lately; null where that is not known. */
  readonly secondsLeft: number | null;
  readonly error: Error | undefined;
  /** The request for all rows that are kept. */
  readonly requests: readonly SentRequest[];
}

export interface Measuring {
  /** What is known of a model's neurons. */
  of(model: ChosenModel): ReadonlySignal<Measurements>;
  /**
   * Reads the rows that the service keeps of some neurons, and has it measure those that it does not. What
   * runs already goes on; an error is left behind.
   */
  measure(model: ChosenModel, ids: readonly number[]): Promise<void>;
}

/** Neurons of the first request, so that rows appear soon, and of those after it, which is faster in all. */
const AT_ONCE = { first: 4, later: 16 };

const NOTHING: Measurements = {
  ...{ rows: new Map(), done: 0, total: 0, secondsLeft: null, error: undefined, requests: [] },
};

/** Has the service measure neurons a few at a time, behind all else; it keeps what was measured. */
export function createMeasuring(service: Service): Measuring {
  const known = new Map<string, Signal<Measurements>>();
  const running = new Map<string, AbortController>();
  return { of: stateOf, measure };

  function stateOf({ card }: ChosenModel): Signal<Measurements> {
    const state = known.get(card.digest) ?? signal(NOTHING);
    known.set(card.digest, state);
    return state;
  }

  async function measure(model: ChosenModel, ids: readonly number[]): Promise<void> {
    const { param, card } = model;
    const state = stateOf(model);
    // one model at a time is looked at
    for (const [other, controller] of running) {
      if (other === card.digest) continue;
      controller.abort();
      running.delete(other);
    }
    if (running.has(card.digest)) return;
    const controller = new AbortController();
    running.set(card.digest, controller);
    const options = { init: { signal: controller.signal } };
    const route = service.client.v1.models[':model'].versions[':version']['quick-measurement'];
    const timeLeft = createTimeLeft(() => performance.now());
    const missing = () => ids.filter((id) => !state.peek().rows.has(id));
    const change = (changes: Partial<Measurements>) => {
      const now = { ...state.peek(), ...changes };
      const done = ids.filter((id) => now.rows.has(id)).length;
      state.value = { ...now, done, total: ids.length };
    };
    const withRows = ({ neurons }: QuickAnswer) =>
      new Map([...state.peek().rows, ...neurons.map((row) => [row.id, row] as const)]);
    change({ error: undefined, secondsLeft: null });
    try {
      if (missing().length > 0) {
        const kept = await service.json(route.$get({ param }, options));
        change({ rows: withRows(kept.value), requests: [kept.request] });
      }
      const kept = ids.length - missing().length;
      let count = AT_ONCE.first;
      for (let next = missing(); next.length > 0; next = missing()) {
        const json = { neurons: next.slice(0, count) };
        count = AT_ONCE.later;
        const { value } = await service.json(route.$post({ param, json }, options));
        const rows = withRows(value);
        timeLeft.update(ids.filter((id) => rows.has(id)).length - kept, ids.length - kept);
        change({ rows, secondsLeft: timeLeft.seconds() });
      }
    } catch (error) {
      if (!controller.signal.aborted) change({ error: error as Error });
    } finally {
      if (running.get(card.digest) === controller) running.delete(card.digest);
    }
  }
}
