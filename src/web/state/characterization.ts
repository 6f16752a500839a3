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

/** The full characterization of a neuron. */
interface CharacterizedNeuron
  extends Pick<Characterized, 'indices' | 'preferred' | 'fallbacks' | 'blank'> {
  /** Responses by orientation, at the spatial frequency of the largest response. */
  readonly curve: readonly number[];
}

/** Full characterizations by neuron id. */
export type CharacterizedNeurons = ReadonlyMap<number, CharacterizedNeuron>;

interface KeptCharacterization {
  /** The running or queued job, or else the newest job with a result. */
  readonly job: Job | undefined;
  /** Empty without a finished job. */
  readonly found: CharacterizedNeurons;
  /** The request that returned the result. */
  readonly requests: readonly SentRequest[];
}

/** Reads the stored full characterization of a model; each result is read once. */
export type ReadCharacterization = (
  card: Card,
  signal: AbortSignal,
) => Promise<KeptCharacterization>;

export function createCharacterizationReader(service: Service): ReadCharacterization {
  let last: { readonly id: string } & Pick<KeptCharacterization, 'found' | 'requests'> = {
    id: '',
    found: new Map(),
    requests: [],
  };
  return async (card, signal) => {
    const { running, done } = await characterizationJobs(service, card, signal);
    if (!done) return { job: running, found: new Map(), requests: [] };
    if (last.id !== done.id) last = { id: done.id, ...(await readResult(service, done, signal)) };
    const { found, requests } = last;
    return { job: running ?? done, found, requests };
  };
}

/** Finds the newest unfinished job and the newest job with a result. @throws Problem */
async function characterizationJobs(
  service: Service,
  { digest }: Card,
  signal: AbortSignal,
): Promise<{ readonly running: Job | undefined; readonly done: Job | undefined }> {
  const { value } = await service.json(service.client.v1.jobs.$get({}, { init: { signal } }));
  const jobs = value.jobs.filter(
    ({ kind, model }) => kind === 'characterize' && model?.digest === digest,
  );
  return {
    running: jobs.find(({ state }) => state === 'queued' || state === 'running'),
    done: jobs.find(({ state }) => state === 'succeeded'),
  };
}

/** @throws Problem if the result was deleted */
async function readResult(
  service: Service,
  { id }: Job,
  signal: AbortSignal,
): Promise<Pick<KeptCharacterization, 'found' | 'requests'>> {
  const pending = service.client.v1.jobs[':id'].result.$get(
    { param: { id } },
    { headers: { Accept: 'application/json' }, init: { signal } },
  );
  const { value, request } = await service.json(pending);
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
 * Returns the column of a table that contains its largest value.
 * @param rows responses `[orientation][spatial frequency]`
 */
function throughPeak(rows: readonly (readonly number[])[]): number[] {
  const tops = rows.map((row) => Math.max(...row));
  const best = rows[tops.indexOf(Math.max(...tops))] ?? [];
  const column = best.indexOf(Math.max(...best));
  return rows.map((row) => row[column]!);
}
