import type { Job } from '../../client/job-events.js';
import type { Answers } from '../../client/routes.js';
import type { NpyArray } from '../../formats/npy.js';
import { imageShape } from '../figures/image-shape.js';
import type { SentRequest, Service } from '../service/service.js';

export type PreferredResult = Answers['preferredStimuli'];

/** The result of a search for preferred stimuli. */
export interface PreferredStimuli {
  readonly result: PreferredResult;
  /** `[neurons, restarts, height, width]`, in colour with 3 channels behind. */
  readonly images: NpyArray;
  /** `[neurons, height, width]`, in colour with 3 channels behind; null without a stimulus set */
  readonly bestOfSet: NpyArray | null;
  /** The request that starts the same search, and the requests for its result. */
  readonly requests: readonly SentRequest[];
}

/** Reads the result of a finished job. @throws Problem */
export async function fetchPreferred(
  service: Service,
  job: Job,
  signal: AbortSignal,
): Promise<PreferredStimuli> {
  const route = service.client.v1.jobs[':id'].result;
  const send = (part: string) =>
    route.$get({ param: { id: job.id }, query: { part } }, { init: { signal } });
  const withSet = job.result.some(({ name }) => name === 'best-of-set.npy');
  const [found, images, bestOfSet] = await Promise.all([
    service.json(send('preferred-stimuli.json')),
    service.npy(send('preferred-stimuli.npy')),
    withSet ? service.npy(send('best-of-set.npy')) : null,
  ]);
  const result = found.value;
  if (!('restarts' in result)) throw new Error('The job searched for something else.');
  return {
    result,
    images: images.value,
    bestOfSet: bestOfSet?.value ?? null,
    requests: [
      searchRequest(service.origin, result),
      found.request,
      images.request,
      ...(bestOfSet ? [bestOfSet.request] : []),
    ],
  };
}

/**
 * Returns the image at an index of an array.
 * @param leading the number of axes before the height
 */
export function imageAt({ data, shape }: NpyArray, index: number, leading: number): Float32Array {
  const { size } = imageShape(shape, leading);
  return Float32Array.from(data.subarray(index * size, (index + 1) * size));
}

/** Builds the request that reproduces the images. */
function searchRequest(origin: string, result: PreferredResult): SentRequest {
  const { model, restarts, seed, steps, stepSize, norm, pixels, blur, jitter } = result;
  const neurons = result.neurons.map(({ id }) => id);
  return {
    method: 'POST',
    url: `${origin}/v1/models/${model.name}/versions/${model.version}/preferred-stimulus`,
    headers: { 'content-type': 'application/json' },
    body: {
      json: JSON.stringify({
        neurons,
        restarts,
        seed,
        steps,
        stepSize,
        norm,
        pixels,
        blur,
        jitter,
      }),
    },
  };
}
