import type { Reply } from '../../client/stream.js';
import type { StimulusImage } from '../../stimulus/stimuli.js';
import { imageShape } from '../figures/image-shape.js';
import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';
import { type ChosenStimulus, stimuliBody } from './chosen-stimulus.js';

const NPY = 'application/x-npy';

/** A stimulus as the network receives it. */
export interface RenderedStimulus extends StimulusImage {
  /** Warnings about changes to the image and about values outside the training range. */
  readonly warnings: readonly string[];
  readonly request: SentRequest;
}

/** A stimulus and the responses of all neurons. */
export interface Response {
  readonly rendered: RenderedStimulus;
  readonly answer: Reply;
  /** Time of the request in milliseconds. */
  readonly requestedAt: number;
}

/** Requests the stimulus as the model receives it. @throws Problem */
export async function renderStimulus(
  service: Service,
  { param }: ChosenModel,
  chosen: ChosenStimulus,
  signal: AbortSignal,
): Promise<RenderedStimulus> {
  const route = service.client.v1.models[':model'].versions[':version'].stimuli;
  const json = stimuliBody(chosen);
  const pending = route.$post({ param, json }, { headers: { Accept: NPY }, init: { signal } });
  const { value, headers, request } = await service.npy(pending);
  const { size, ...image } = imageShape(value.shape, 1);
  // The page shows the first frame of a sequence.
  const pixels = Float32Array.from(value.data.subarray(0, size));
  const warnings = JSON.parse(headers.get('X-Stimulus-Warnings') ?? '[]') as { warning: string }[];
  return {
    ...image,
    pixels,
    warnings: warnings.map(({ warning }) => warning),
    request,
  };
}
