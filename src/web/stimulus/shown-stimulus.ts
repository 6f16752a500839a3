import type { StreamAnswer } from '../../formats/stream-frames.js';
import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';
import { type ChosenStimulus, stimuliBody } from './chosen-stimulus.js';

const NPY = 'application/x-npy';

/** A stimulus as the network sees it. */
export interface ShownStimulus {
  /** 0..1, row by row. */
  readonly pixels: Float32Array;
  readonly height: number;
  readonly width: number;
  /** What was done to it, and where it lies outside of what the model was trained on. */
  readonly warnings: readonly string[];
  readonly request: SentRequest;
}

/** A stimulus, and what all neurons answer to it. */
export interface Response {
  readonly shown: ShownStimulus;
  readonly answer: StreamAnswer;
  /** When it was asked for, in milliseconds. */
  readonly asked: number;
}

/** Has the service render a stimulus for a model. @throws Problem */
export async function showStimulus(
  service: Service,
  { param }: ChosenModel,
  chosen: ChosenStimulus,
  signal: AbortSignal,
): Promise<ShownStimulus> {
  const route = service.client.v1.models[':model'].versions[':version'].stimuli;
  const json = stimuliBody(chosen);
  const asked = route.$post({ param, json }, { headers: { Accept: NPY }, init: { signal } });
  const { value, headers, request } = await service.npy(asked);
  const [, height = 0, width = 0] = value.shape;
  // of a sequence, the first frame
  const pixels = Float32Array.from(value.data.subarray(0, height * width));
  const warnings = JSON.parse(headers.get('X-Stimulus-Warnings') ?? '[]') as { warning: string }[];
  return { pixels, height, width, warnings: warnings.map(({ warning }) => warning), request };
}
