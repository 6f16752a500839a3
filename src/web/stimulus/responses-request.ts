import type { SentRequest, Service } from '../service/service.js';
import type { ChosenModel } from '../state/models.js';
import { type ChosenStimulus, stimuliBody } from './chosen-stimulus.js';

/** Builds the POST request that returns the same responses as the stream, for the download. */
export function responsesRequest(
  { origin }: Service,
  { param }: ChosenModel,
  chosen: ChosenStimulus,
): SentRequest {
  return {
    method: 'POST',
    url: `${origin}/v1/models/${param.model}/versions/${param.version}/responses`,
    headers: { 'content-type': 'application/json' },
    body: { json: JSON.stringify(stimuliBody(chosen)) },
  };
}
