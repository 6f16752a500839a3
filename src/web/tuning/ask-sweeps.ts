import type { InferResponseType } from 'hono/client';
import { gatherWarnings } from '../../stimulus/warnings.js';
import type { SentRequest, Service } from '../service/service.js';
import { askEach, type Compared, type Told } from './answerers.js';
import type { Answerers } from './use-answerers.js';

type Route =
  Service['client']['v1']['models'][':model']['versions'][':version']['tuning']['parametric'];
export type SweepAnswer = InferResponseType<Route['$post']>;

/** Neurons that see the same sweep. */
export interface SweepOf {
  readonly neurons: readonly number[];
  readonly parameter: string;
  readonly stimulus: Readonly<Record<string, unknown>>;
}

export interface ComparedSweeps extends Compared<SweepAnswer> {
  /** All that was asked. */
  readonly requests: readonly SentRequest[];
}

/** Asks every model for every sweep, and puts the answers of a model together. @throws Problem */
export async function askSweeps(
  service: Service,
  { all, knownTo }: Answerers,
  sweeps: readonly SweepOf[],
  signal: AbortSignal,
): Promise<ComparedSweeps> {
  const route = service.client.v1.models[':model'].versions[':version'].tuning.parametric;
  const answers = await Promise.all(
    sweeps.map(({ neurons: wanted, ...sweep }) =>
      askEach(all, wanted, knownTo, ({ param }, neurons) =>
        service.json(route.$post({ param, json: { ...sweep, neurons } }, { init: { signal } })),
      ),
    ),
  );
  const told = answers.flatMap((answer) => answer.told);
  const places = [...new Set(told.map(({ by }) => by.place))].toSorted((a, b) => a - b);
  return {
    told: places.map((place) => together(told.filter(({ by }) => by.place === place))),
    refused: [...new Set(answers.flatMap(({ refused }) => refused))],
    requests: told.map(({ request }) => request),
  };
}

/** What one model told, the neurons of all its answers in one. */
function together(told: readonly Told<SweepAnswer>[]): Told<SweepAnswer> {
  const [first, ...others] = told;
  if (!first) throw new Error('an answer of no model');
  if (others.length === 0) return first;
  const stimuli = told.flatMap(({ value }) => value.stimuli);
  const neurons = told.flatMap(({ value }) => value.neurons);
  const warnings = gatherWarnings(stimuli);
  return { ...first, value: { ...first.value, neurons, stimuli, warnings } };
}
