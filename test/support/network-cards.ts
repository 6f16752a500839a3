import * as tf from '@tensorflow/tfjs';
import fc from 'fast-check';
import type { NetworkCard } from '../../src/inference/onnx/group-graph.js';
import type { Weights } from '../../src/models/saved-model.js';
import type { Architecture } from '../../src/network/architecture.js';
import { forward } from '../../src/network/forward.js';
import { randomStream } from '../../src/network/random.js';

/** Images of a test. */
export const IMAGES = 3;

/** [images, height, width, channels] */
export function stimuliOf({ stimulus }: NetworkCard, seed = 1): Float32Array {
  const { height, width, channels } = stimulus;
  const random = randomStream(seed, 'stimuli');
  return Float32Array.from({ length: IMAGES * height * width * channels }, () => random.uniform());
}

/** The responses of the networks in tfjs: [images, neurons] */
export function referenceResponses(card: NetworkCard, weights: Weights, pixels: Float32Array) {
  const { height, width, channels, scale, offset } = card.stimulus;
  return tf.tidy(() => {
    const parameters = Object.fromEntries(
      [...weights].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
    );
    const stimuli = tf.tensor4d(pixels, [IMAGES, height, width, channels]);
    const x = stimuli.mul(scale).add(offset);
    return forward(card.architecture, parameters, x as tf.Tensor4D).responses.dataSync();
  });
}

/** Every network that a card allows, on stimuli of any size that it accepts. */
export const networkCards: fc.Arbitrary<NetworkCard & { readonly architecture: Architecture }> =
  fc.record({
    architecture: fc.record({
      channels: fc.integer({ min: 1, max: 20 }),
      betaKernel: fc.constantFrom(1, 3),
      attention: fc.constantFrom('none', 'identity', 'mapped'),
      readout: fc.constantFrom('full', 'centre', 'split'),
      output: fc.constantFrom('linear', 'softplus'),
    }),
    stimulus: fc.record({
      height: fc.integer({ min: 36, max: 58 }),
      width: fc.integer({ min: 36, max: 58 }),
      channels: fc.constantFrom(1, 3),
      scale: fc.double({ min: 0.5, max: 3, noNaN: true }),
      offset: fc.double({ min: -1, max: 1, noNaN: true }),
    }),
  });
