import { respondTo } from '../inference/onnx/imported/network-session.js';
import { readNetwork } from '../inference/onnx/imported/read-network.js';
import { loadOnnxruntime } from '../inference/onnx/onnxruntime.js';
import { SESSION_OPTIONS } from '../inference/onnx/sessions.js';
import type { ImportedCard } from '../models/native-card.js';
import type { SavedModel } from '../models/saved-model.js';

/** An imported network that computes in this process. */
export interface OpenNetwork {
  /**
   * @param image [height, width, channels], pixels 0..1
   * @returns the responses of all neurons, in the order of the card
   */
  respond(image: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens the network of an imported model.
 * @throws InputError where its files are not those of the card
 */
export async function openNetwork(
  saved: SavedModel & { readonly card: ImportedCard },
): Promise<OpenNetwork> {
  const { network, input } = await readNetwork(saved);
  const { InferenceSession, Tensor } = await loadOnnxruntime();
  const session = await InferenceSession.create(network, SESSION_OPTIONS);
  const neurons = saved.card.neurons.length;
  return {
    async respond(image) {
      // A graph of a fixed number of images answers the copies too.
      return (await respondTo(session, Tensor, input, [image])).subarray(0, neurons);
    },
    close: () => session.release(),
  };
}
