import type * as tf from '@tensorflow/tfjs';
import { isShared } from '../../src/network/any-architecture.js';
import type { ResponseMatrix } from '../../src/tuning/response-matrix.js';
import type { Recording } from '../data/recording.js';
import { type TrainedNetworks, withResponders } from '../model/responder.js';
import { predict } from './fit.js';

/** Networks evaluated concurrently on the 50 images of a batch: some 0.6 GB of maps. A core needs that but once. */
const NETWORKS_AT_ONCE = 10;

/**
 * The responses of trained networks to all images of a recording.
 * @param onResponses is called after each batch with the number of its responses
 * @returns [images, neurons], in the unit of the responses
 */
export async function predictNetworks(
  networks: TrainedNetworks,
  recording: Recording,
  onResponses: (responses: number) => void | Promise<void>,
): Promise<ResponseMatrix> {
  const { architecture, neurons } = networks;
  const values = new Float32Array(recording.count * neurons.length);
  const most = isShared(architecture) ? neurons.length : NETWORKS_AT_ONCE;
  let first = 0;
  await withResponders(networks, most, async (responder) => {
    const { length } = responder.neurons;
    const respond = async (stimuli: tf.Tensor4D) => {
      const responses = await responder.respond(stimuli);
      await onResponses(responses.length);
      return responses;
    };
    const own = await predict({ respond }, recording, length);
    for (let image = 0; image < recording.count; image++) {
      const row = own.values.subarray(image * length, (image + 1) * length);
      values.set(row, image * neurons.length + first);
    }
    first += length;
  });
  return { stimuli: recording.count, neurons: neurons.length, values };
}
