import type { InferResponseType } from 'hono/client';
import type { SentRequest, Service } from '../service/service.js';
import type { Card } from './models.js';

type Jobs = Service['client']['v1']['jobs'];
export type Job = InferResponseType<Jobs['$get']>['jobs'][number];
type Characterization = Extract<
  InferResponseType<Jobs[':id']['result']['$get']>,
  { readonly characteristics: unknown }
>;
type Characterized = Characterization['neurons'][number];

/** What the full battery of gratings found of a neuron. */
export interface BatteryNeuron
  extends Pick<Characterized, 'indices' | 'preferred' | 'fallbacks' | 'blank'> {
  /** Responses by orientation, at the spatial frequency of the largest response. */
  readonly curve: readonly number[];
}

/** What the full battery found, by neuron. */
export type Battery = ReadonlyMap<number, BatteryNeuron>;

export interface KeptBattery {
  /** The job that runs or waits, else the newest that has a result. */
  readonly job: Job | undefined;
  /** Empty where no job has a result. */
  readonly found: Battery;
  /** The request for the result. */
  readonly requests: readonly SentRequest[];
}

/** Reads the full battery of a model, as far as the service keeps it; a result is read once. */
export type ReadBattery = (card: Card, signal: AbortSignal) => Promise<KeptBattery>;

export function createBatteryReader(service: Service): ReadBattery {
  let last: { readonly id: string } & Pick<KeptBattery, 'found' | 'requests'> = {
    ...{ id: '', found: new Map(), requests: [] },
  };
  return async (card, signal) => {
    const { running, done } = await batteryJobs(service, card, signal);
    if (!done) return { job: running, found: new Map(), requests: [] };
    if (last.id !== done.id) last = { id: done.id, ...(await readResult(service, done, signal)) };
    const { found, requests } = last;
    return { job: running ?? done, found, requests };
  };
}

/** The newest job that is not over, and the newest that has a result. @throws Problem */
async function batteryJobs(
  service: Service,
  { digest }: Card,
  signal: AbortSignal,
): Promise<{ readonly running: Job | undefined; readonly done: Job | undefined }> {
  const { value } = await service.json(service.client.v1.jobs.$get({}, { init: { signal } }));
  const jobs = value.jobs.filter(
    ({ kind, model }) => kind === 'characterize' && model.digest === digest,
  );
  return {
    running: jobs.find(({ state }) => state === 'queued' || state === 'running'),
    done: jobs.find(({ state }) => state === 'succeeded'),
  };
}

/** @throws Problem where the result is gone */
async function readResult(
  service: Service,
  { id }: Job,
  signal: AbortSignal,
): Promise<Pick<KeptBattery, 'found' | 'requests'>> {
  const asked = service.client.v1.jobs[':id'].result.$get(
    { param: { id } },
    { headers: { Accept: 'application/json' }, init: { signal } },
  );
  const { value, request } = await service.json(asked);
  const { neurons } = value as Characterization;
  const found = new Map(
    neurons.map(({ id: neuron, indices, preferred, fallbacks, blank, stages }) => {
      const curve = throughPeak(stages.grating.curve as readonly (readonly number[])[]);
      return [neuron, { indices, preferred, fallbacks, blank, curve }] as const;
    }),
  );
  return { found, requests: [request] };
}

/**
 * The column of a table that has its largest value.
 * @param rows a list of responses by spatial frequency for each orientation
 */
export function throughPeak(rows: readonly (readonly number[])[]): number[] {
  const tops = rows.map((row) => Math.max(...row));
  const best = rows[tops.indexOf(Math.max(...tops))] ?? [];
  const column = best.indexOf(Math.max(...best));
  return rows.map((row) => row[column]!);
}
