import type { InferResponseType } from 'hono/client';
import { gatherWarnings } from '../../stimulus/warnings.js';
import type { SentRequest, Service } from '../service/service.js';
import { type Compared, type ModelResult, sendToEach } from './compared-models.js';
import type { ComparedModels } from './use-compared-models.js';

type Route =
  Service['client']['v1']['models'][':model']['versions'][':version']['tuning']['parametric'];
type SweepAnswer = InferResponseType<Route['$post']>;

/** A sweep for some neurons. */
export interface SweepRequest {
  readonly neurons: readonly number[];
  readonly parameter: string;
  readonly stimulus: Readonly<Record<string, unknown>>;
}

export interface ComparedSweeps extends Compared<SweepAnswer> {
  /** All sent requests. */
  readonly requests: readonly SentRequest[];
}

/** Sends every sweep to every model and merges the answers of each model. @throws Problem */
export async function sendSweeps(
  service: Service,
  { all, readNeuronIds }: ComparedModels,
  sweeps: readonly SweepRequest[],
  signal: AbortSignal,
): Promise<ComparedSweeps> {
  const route = service.client.v1.models[':model'].versions[':version'].tuning.parametric;
  const answers = await Promise.all(
    sweeps.map(({ neurons: wanted, ...sweep }) =>
      sendToEach(all, wanted, readNeuronIds, ({ param }, neurons) =>
        service.json(route.$post({ param, json: { ...sweep, neurons } }, { init: { signal } })),
      ),
    ),
  );
  const results = answers.flatMap((answer) => answer.results);
  const places = [...new Set(results.map(({ model }) => model.place))].toSorted((a, b) => a - b);
  return {
    results: places.map((place) => together(results.filter(({ model }) => model.place === place))),
    omitted: [...new Set(answers.flatMap(({ omitted }) => omitted))],
    requests: results.map(({ request }) => request),
  };
}

/** Merges the neurons of all answers of one model. */
function together(results: readonly ModelResult<SweepAnswer>[]): ModelResult<SweepAnswer> {
  const [first, ...others] = results;
  if (!first) throw new Error('no results to merge');
  if (others.length === 0) return first;
  const stimuli = results.flatMap(({ value }) => value.stimuli);
  const neurons = results.flatMap(({ value }) => value.neurons);
  const warnings = gatherWarnings(stimuli);
  return { ...first, value: { ...first.value, neurons, stimuli, warnings } };
}
