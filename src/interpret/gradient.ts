import * as tf from '@tensorflow/tfjs';
import { meanOfArrays } from '../models/members.js';
import type { Parameters } from '../network/block-pass.js';
import { forward } from '../network/forward.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import { type NetworkCard, stimulusTensor } from './interpretation.js';

/** Responses of one neuron, and their gradients in the pixels. */
export interface StimulusGradient {
  /** [stimuli] */
  readonly responses: Float32Array;
  /** d response / d pixel, pixels in 0..1: [stimuli, height, width, channels], row-major. */
  readonly gradient: Float32Array;
}

/**
 * The gradient of one neuron's response in the pixels of each stimulus. Where two inputs of a pool are equal,
 * it is the gradient of the first.
 * @param parameters of that neuron, stacked as of a population of one
 * @param stimuli of the size the card states, values 0..1
 */
export async function stimulusGradient(
  { architecture, stimulus }: NetworkCard,
  parameters: Parameters,
  stimuli: Stimuli,
): Promise<StimulusGradient> {
  const tensors = tf.tidy(() => {
    let responses: tf.Tensor | undefined;
    // images do not see one another, so the sum's gradient is each one's own
    const gradient = tf.grad((pixels) => {
      const x = pixels.mul(stimulus.scale).add<tf.Tensor4D>(stimulus.offset);
      const wanted = { stimulusGradient: true };
      const computed = forward(architecture, parameters, x, undefined, wanted).responses; // [B, 1]
      responses = tf.keep(computed.clone());
      return computed.sum();
    })(stimulusTensor(stimuli)); // [B, h, w, 1 or 3]
    return [responses!, gradient] as tf.Tensor[];
  });
  try {
    const [responses, gradient] = await Promise.all(
      tensors.map((tensor) => tensor.data<'float32'>()),
    );
    return { responses: responses!, gradient: gradient! };
  } finally {
    tf.dispose(tensors);
  }
}

/**
 * The gradient of the mean of the members' responses, which is the mean of their gradients.
 * @param members parameters of the neuron in each member of an ensemble; of another model, one
 */
export async function meanGradient(
  card: NetworkCard,
  members: readonly Parameters[],
  stimuli: Stimuli,
): Promise<StimulusGradient> {
  const all: StimulusGradient[] = [];
  for (const parameters of members) all.push(await stimulusGradient(card, parameters, stimuli));
  return {
    responses: meanOfArrays(all.map(({ responses }) => responses)),
    gradient: meanOfArrays(all.map(({ gradient }) => gradient)),
  };
}
