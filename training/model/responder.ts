import * as tf from '@tensorflow/tfjs';
import type { StimulusCard } from '../../src/models/card.js';
import type { Weights } from '../../src/models/saved-model.js';
import type { AnyArchitecture } from '../../src/network/any-architecture.js';
import type { Parameters } from '../../src/network/block-pass.js';
import { toDevice } from '../../src/network/device.js';
import { forward } from '../../src/network/forward.js';
import { selectRows } from '../data/rows.js';
import { splitIntoChunks } from '../run/chunk.js';

/** Trained networks, with the scale and the offset of their pixels. */
export interface TrainedNetworks extends Pick<StimulusCard, 'scale' | 'offset'> {
  readonly architecture: AnyArchitecture;
  /** Ids, in the order of the weights. */
  readonly neurons: readonly number[];
  readonly weights: Weights;
}

/** Some of the networks, on the device. */
export interface Responder {
  /** Ids. */
  readonly neurons: readonly number[];
  /** Responses to stimuli [B, height, width, channels] of pixels in 0..1: [B, neurons], row-major. */
  respond(stimuli: tf.Tensor4D): Promise<Float32Array>;
}

/** Runs something with the networks, at most `max` at a time, which bounds the memory. */
export async function withResponders<T>(
  networks: TrainedNetworks,
  max: number,
  run: (responder: Responder) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const rows of splitIntoChunks([...networks.neurons.keys()], max)) {
    const parameters = toDevice(selectRows(networks.weights, rows));
    const neurons = rows.map((row) => networks.neurons[row]!);
    try {
      results.push(await run({ neurons, respond: (x) => respond(networks, parameters, x) }));
    } finally {
      tf.dispose(parameters);
    }
  }
  return results;
}

async function respond(
  { architecture, scale, offset }: TrainedNetworks,
  parameters: Parameters,
  stimuli: tf.Tensor4D,
): Promise<Float32Array> {
  const responses = tf.tidy(
    () => forward(architecture, parameters, stimuli.mul(scale).add(offset)).responses, // [B, N]
  );
  const values = await responses.data<'float32'>();
  responses.dispose();
  return values;
}
