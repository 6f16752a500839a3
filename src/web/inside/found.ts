import type { InferResponseType } from 'hono/client';
import type { NpyArray } from '../../formats/npy.js';
import type { Job } from '../service/job-events.js';
import type { SentRequest, Service } from '../service/service.js';

type Result = InferResponseType<Service['client']['v1']['jobs'][':id']['result']['$get']>;
export type PreferredResult = Extract<Result, { readonly restarts: number }>;

/** What a search found. */
export interface Found {
  readonly result: PreferredResult;
  /** `[neurons, restarts, height, width]` */
  readonly images: NpyArray;
  /** `[neurons, height, width]`; null where no set was named */
  readonly bestOfSet: NpyArray | null;
  /** The request that begins the same search again, and those for its result. */
  readonly requests: readonly SentRequest[];
}

/** Reads the result of a job that succeeded. @throws Problem */
export async function askFound(service: Service, job: Job, signal: AbortSignal): Promise<Found> {
  const route = service.client.v1.jobs[':id'].result;
  const ask = (part: string) =>
    route.$get({ param: { id: job.id }, query: { part } }, { init: { signal } });
  const withSet = job.result.some(({ name }) => name === 'best-of-set.npy');
  const [told, images, bestOfSet] = await Promise.all([
    service.json(ask('preferred-stimuli.json')),
    service.npy(ask('preferred-stimuli.npy')),
    withSet ? service.npy(ask('best-of-set.npy')) : null,
  ]);
  const result = told.value;
  if (!('restarts' in result)) throw new Error('The job searched for something else.');
  return {
    result,
    images: images.value,
    bestOfSet: bestOfSet?.value ?? null,
    requests: [
      searchRequest(service.origin, result),
      told.request,
      images.request,
      ...(bestOfSet ? [bestOfSet.request] : []),
    ],
  };
}

/** An image of an array, by its number. */
export function imageAt({ data, shape }: NpyArray, index: number): Float32Array {
  const [height = 0, width = 0] = shape.slice(-2);
  return Float32Array.from(data.subarray(index * height * width, (index + 1) * height * width));
}

/** The same request gives the same images. */
function searchRequest(origin: string, result: PreferredResult): SentRequest {
  const { model, restarts, seed, steps, stepSize, norm, pixels, blur, jitter } = result;
  const neurons = result.neurons.map(({ id }) => id);
  return {
    method: 'POST',
    url: `${origin}/v1/models/${model.name}/versions/${model.version}/preferred-stimulus`,
    headers: { 'content-type': 'application/json' },
    body: {
      json: JSON.stringify({
        ...{ neurons, restarts, seed, steps, stepSize, norm, pixels, blur, jitter },
      }),
    },
  };
}
