import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { InferResponseType } from 'hono/client';
import { createTimeLeft } from '../../time-left.js';
import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from './models.js';

type Routes = Service['client']['v1']['models'][':model']['versions'][':version'];
type QuickAnswer = InferResponseType<Routes['quick-measurement']['$post']>;
export type QuickNeuron = QuickAnswer['neurons'][number];

/** The quick measurements of a model's neurons so far. */
export interface Measurements {
  /** Measurements by neuron id. */
  readonly rows: ReadonlyMap<number, QuickNeuron>;
  /** Number of requested neurons that are measured; `done` and `total` are 0 before the first request. */
  readonly done: number;
  readonly total: number;
  /** Estimated from recent progress; null until an estimate exists. */
  readonly secondsLeft: number | null;
  readonly error: Error | undefined;
  /** The request that returns all stored measurements. */
  readonly requests: readonly SentRequest[];
}

export interface Measuring {
  /** Returns the measurements of a model. */
  of(model: ChosenModel): ReadonlySignal<Measurements>;
  /**
   * Reads the stored measurements of some neurons and requests the missing ones. A running measurement
   * continues; an error is stored in the state.
   */
  measure(model: ChosenModel, ids: readonly number[]): Promise<void>;
}

/** The first request is small, so that rows appear soon; later requests are larger and faster in total. */
const NEURONS_PER_REQUEST = { first: 4, later: 16 };

const NOTHING: Measurements = {
  rows: new Map(),
  done: 0,
  total: 0,
  secondsLeft: null,
  error: undefined,
  requests: [],
};

/** Measures neurons a few at a time; the service stores the results. */
export function createMeasuring(service: Service): Measuring {
  const known = new Map<string, Signal<Measurements>>();
  const running = new Map<string, AbortController>();
  return { of: modelState, measure };

  function modelState({ card }: ChosenModel): Signal<Measurements> {
    const state = known.get(card.digest) ?? signal(NOTHING);
    known.set(card.digest, state);
    return state;
  }

  async function measure(model: ChosenModel, ids: readonly number[]): Promise<void> {
    const { param, card } = model;
    const state = modelState(model);
    // The page shows one model at a time.
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
        const stored = await service.json(route.$get({ param }, options));
        change({ rows: withRows(stored.value), requests: [stored.request] });
      }
      const stored = ids.length - missing().length;
      let count = NEURONS_PER_REQUEST.first;
      for (let next = missing(); next.length > 0; next = missing()) {
        const json = { neurons: next.slice(0, count) };
        count = NEURONS_PER_REQUEST.later;
        const { value } = await service.json(route.$post({ param, json }, options));
        const rows = withRows(value);
        timeLeft.update(ids.filter((id) => rows.has(id)).length - stored, ids.length - stored);
        change({ rows, secondsLeft: timeLeft.seconds() });
      }
    } catch (error) {
      if (!controller.signal.aborted) change({ error: error as Error });
    } finally {
      if (running.get(card.digest) === controller) running.delete(card.digest);
    }
  }
}
