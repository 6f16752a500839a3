import * as tf from '@tensorflow/tfjs';
import { expect, test } from 'vitest';
import { respondAlone } from '../../src/inference/tfjs/respond-alone.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { toDevice } from '../../src/network/device.js';
import { forward } from '../../src/network/forward.js';
import { initialParameters, parameterSpecifications } from '../../src/network/parameters.js';
import { greatestDifference } from '../support/numbers.js';

const backend = await openBackend('wasm');

test.for(ArchitectureId.options)(
  'the part of the stimuli that %s sees gives the responses to all of them',
  async (id) => {
    const architecture = { ...ARCHITECTURES[id].network, channels: 4 };
    const size = { height: 50, width: 53 };
    const initial = initialParameters(parameterSpecifications(architecture, size), [0, 1, 2], 1);
    const parameters = toDevice(initial);
    const images = tf.randomUniform<tf.Rank.R4>([3, 50, 53, 1], 0, 1, 'float32', 1);
    const stimuli = {
      ...size,
      count: 3,
      channels: 1,
      pixels: await images.data<'float32'>(),
    } as const;
    const member = { architecture, scale: 2, offset: -1, parameters };
    // A tensor holds the maps of two networks, so that the third is computed after them.
    const largestTensor = 2 * 4 * 50 * 53 * 4;
    const room = { ...backend, largestTensor };
    const responses = await respondAlone(room, member, stimuli, Int32Array.of(2, 0, 1));

    const whole = tf.tidy(() => {
      const all = forward(architecture, parameters, images.mul(2).add(-1)).responses;
      return tf.gather(all, [2, 0, 1], 1);
    });
    // Sums in another order round differently.
    expect(greatestDifference(responses, await whole.data<'float32'>())).toBeLessThan(1e-5);
    tf.dispose([parameters, images, whole]);
  },
);
