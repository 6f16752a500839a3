import { type ReadonlySignal, signal } from '@preact/signals';
import type { InferResponseType } from 'hono/client';
import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from './models.js';

type Routes = Service['client']['v1']['models'][':model']['versions'][':version'];
type Tuning = InferResponseType<Routes['tuning']['parametric']['$post']>;
type Fields = InferResponseType<Routes['receptive-field']['$post']>;

export type TunedNeuron = Tuning['neurons'][number];
export type MappedNeuron = Fields['neurons'][number];

/** What was measured of a model's neurons so far, by id. */
export interface Measurements {
  readonly tuned: ReadonlyMap<number, TunedNeuron>;
  readonly mapped: ReadonlyMap<number, MappedNeuron>;
  /** The orientations that the curves are of, in degrees. */
  readonly orientations: readonly number[];
  readonly done: number;
  readonly total: number;
  readonly error: Error | undefined;
  readonly requests: readonly SentRequest[];
}

export interface Measuring {
  /** What is known of a model; what is not is measured from then on, once. */
  of(model: ChosenModel): ReadonlySignal<Measurements>;
  /** Goes on where an error ended it. */
  again(model: ChosenModel): void;
}

/** Neurons of one request: few enough that rows appear while others are computed. */
const AT_ONCE = 32;

/** Measures orientation tuning and receptive fields of all neurons, some at a time, behind all else. */
export function createMeasuring(service: Service): Measuring {
  const known = new Map<string, ReturnType<typeof signal<Measurements>>>();
  const running = new Map<string, AbortController>();

  function of(model: ChosenModel): ReadonlySignal<Measurements> {
    const { digest, neurons } = model.card;
    const found = known.get(digest);
    const state = found ?? signal(nothingOf(2 * neurons.length));
    known.set(digest, state);
    // one model at a time is looked at
    for (const [other, controller] of running) if (other !== digest) controller.abort();
    const { done, total, error } = state.peek()!;
    if (done < total && !error && !running.has(digest)) void measure(model, state);
    return state as ReadonlySignal<Measurements>;
  }

  async function measure(
    model: ChosenModel,
    state: ReturnType<typeof signal<Measurements>>,
  ): Promise<void> {
    const { param, card } = model;
    const controller = new AbortController();
    running.set(card.digest, controller);
    const options = { init: { signal: controller.signal } };
    const routes = service.client.v1.models[':model'].versions[':version'];
    const add = (found: Partial<Measurements>, request: SentRequest) => {
      const now = { ...state.peek()!, ...found };
      const requests = [...now.requests, request].slice(0, 2);
      state.value = { ...now, requests, done: now.tuned.size + now.mapped.size };
    };
    try {
      for (const neurons of missing(model, state.peek()!.tuned)) {
        const asked = routes.tuning.parametric.$post({ param, json: { neurons } }, options);
        const { value, request } = await service.json(asked);
        const tuned = withRows(state.peek()!.tuned, value.neurons);
        add({ tuned, orientations: value.values }, request);
      }
      for (const neurons of missing(model, state.peek()!.mapped)) {
        const asked = routes['receptive-field'].$post({ param, json: { neurons } }, options);
        const { value, request } = await service.json(asked);
        add({ mapped: withRows(state.peek()!.mapped, value.neurons) }, request);
      }
    } catch (error) {
      if (!controller.signal.aborted) state.value = { ...state.peek()!, error: error as Error };
    } finally {
      running.delete(card.digest);
    }
  }

  return {
    of,
    again(model) {
      const state = known.get(model.card.digest);
      if (state) state.value = { ...state.peek()!, error: undefined };
      of(model);
    },
  };
}

function nothingOf(total: number): Measurements {
  const none = { tuned: new Map(), mapped: new Map(), orientations: [], requests: [] };
  return { ...none, done: 0, total, error: undefined };
}

/** The neurons that are not known yet, some at a time. */
function missing({ card }: ChosenModel, known: ReadonlyMap<number, unknown>): number[][] {
  const ids = card.neurons.map(({ id }) => id).filter((id) => !known.has(id));
  return Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, i) =>
    ids.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );
}

function withRows<Row extends { readonly id: number }>(
  known: ReadonlyMap<number, Row>,
  rows: readonly Row[],
): ReadonlyMap<number, Row> {
  return new Map([...known, ...rows.map((row) => [row.id, row] as const)]);
}
