import { reduceMembers } from '../../src/models/members.js';
import type { ResponseMatrix } from '../../src/tuning/response-matrix.js';
import type { Recording } from '../data/recording.js';
import type { TrainedNetworks } from '../model/responder.js';
import { predictNetworks } from '../run/predict-networks.js';

/** The responses of an ensemble to the images of a recording, [images, neurons] each. */
export interface MembersPrediction {
  readonly members: readonly ResponseMatrix[];
  readonly mean: ResponseMatrix;
  /** The standard deviation of the members around their mean. */
  readonly spread: ResponseMatrix;
}

/**
 * Computes the responses of each member to all images of a recording.
 * @param onResponses is called after each batch with the number of its responses
 */
export async function predictMembers(
  members: readonly TrainedNetworks[],
  recording: Recording,
  onResponses: (responses: number) => void | Promise<void>,
): Promise<MembersPrediction> {
  const all: ResponseMatrix[] = [];
  for (const member of members) all.push(await predictNetworks(member, recording, onResponses));
  return { members: all, ...summarise(all) };
}

/** The mean and the standard deviation of responses of the same shape, in the order of the members. */
export function summarise(
  members: readonly ResponseMatrix[],
): Pick<MembersPrediction, 'mean' | 'spread'> {
  const { stimuli, neurons, values } = members[0]!;
  const count = members.length;
  const all = Float32Array.from({ length: values.length * count }, (_, i) => {
    return members[i % count]!.values[Math.floor(i / count)]!;
  });
  const { mean, spread } = reduceMembers(all, count);
  return { mean: { stimuli, neurons, values: mean }, spread: { stimuli, neurons, values: spread } };
}
