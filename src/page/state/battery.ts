import type { InferResponseType } from 'hono/client';
import type { Service } from '../service/service.js';
import type { Card } from '../state/models.js';

type Jobs = Service['client']['v1']['jobs'];
export type Job = InferResponseType<Jobs['$get']>['jobs'][number];
type Characterization = Extract<
  InferResponseType<Jobs[':id']['result']['$get']>,
  { readonly characteristics: unknown }
>;
type Characteristics = Characterization['neurons'][number]['indices'];

/** What the whole battery of gratings told, by neuron. */
export type Battery = ReadonlyMap<number, Characteristics>;

/** The newest job that ran the battery on all of a model's neurons and is not over, or has a result. */
export async function batteryJob(
  service: Service,
  { digest }: Card,
  signal: AbortSignal,
): Promise<Job | undefined> {
  const { value } = await service.json(service.client.v1.jobs.$get({}, { init: { signal } }));
  return value.jobs.find(
    ({ kind, model, state }) =>
      kind === 'characterize' &&
      model.digest === digest &&
      (state === 'queued' || state === 'running' || state === 'succeeded'),
  );
}

/** @throws Problem where the result is gone */
export async function readBattery(
  service: Service,
  { id }: Job,
  signal: AbortSignal,
): Promise<Battery> {
  const asked = service.client.v1.jobs[':id'].result.$get(
    { param: { id } },
    { headers: { Accept: 'application/json' }, init: { signal } },
  );
  const { neurons } = (await service.json(asked)).value as Characterization;
  return new Map(neurons.map((neuron) => [neuron.id, neuron.indices]));
}
