import type { Recording } from './recording.js';

/** The places of the responses that were measured: NaN says that one was not. */
export function measuredPlaces(responses: ArrayLike<number>): number[] {
  const places: number[] = [];
  for (let i = 0; i < responses.length; i++) if (!Number.isNaN(responses[i])) places.push(i);
  return places;
}

/** For how many images of a recording each neuron was measured. */
export function countMeasured({
  neurons,
  responses,
}: Pick<Recording, 'neurons' | 'responses'>): Uint32Array {
  const counts = new Uint32Array(neurons);
  for (const [i, response] of responses.entries()) {
    if (!Number.isNaN(response)) counts[i % neurons]! += 1;
  }
  return counts;
}
