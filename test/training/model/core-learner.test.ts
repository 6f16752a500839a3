import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect } from 'vitest';
import { findRecipe } from '../../../src/datasets/recipes.js';
import { decodeNpy, encodeNpy } from '../../../src/formats/npy.js';
import { encodeSafetensors } from '../../../src/formats/safetensors.js';
import { DESIGNS } from '../../../src/network/architectures/designs.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { randomStream } from '../../../src/network/random.js';
import type { SharedCore } from '../../../src/network/shared-core/architecture.js';
import { seeFixed } from '../../../src/network/shared-core/front.js';
import { sharedCoreParameters } from '../../../src/network/shared-core/parameters.js';
import { squaredError } from '../../../training/model/loss.js';
import { createCoreLearner } from '../../../training/model/shared-core/core-learner.js';
import { randomParameters } from '../../../training/random-model/random-parameters.js';
import { pytorch, testWith } from '../../support/capabilities.js';
import { greatestDifference } from '../../support/numbers.js';
import { runPython } from '../../support/python.js';
import { sharedFolder } from '../../support/store.js';

const PYTORCH = pytorch();
const REFERENCE = fileURLToPath(new URL('../../network/shared_core.py', import.meta.url));
const test = testWith(PYTORCH);
const folder = sharedFolder();
const [IMAGES, STEPS] = [6, 3];
const NEURONS = [0, 1, 2];
const SIZE = { height: 20, width: 24 };
const RATE = 3e-3;
/** Large, so that it shows in a few steps. */
const WEIGHT_DECAY = 5;

beforeAll(async () => {
  await openBackend('wasm');
});

async function readArray(name: string): Promise<Float32Array> {
  return Float32Array.from(decodeNpy(await readFile(path.join(folder, name))).data);
}

test.each([1, 3] as const)(
  'steps of a core are those of AdamW in PyTorch, with clipped gradients and an average: %i channels',
  async (channels) => {
    const core = {
      ...(DESIGNS.shared_core.network as SharedCore),
      wavelengths: [4, 6],
      channels: 8,
    };
    const stimulus = { ...SIZE, channels, scale: 1, offset: 0 };
    const weights = randomParameters(core, stimulus, NEURONS, 1);
    const random = randomStream(1, 'steps');
    const draw = (length: number, scale: number) =>
      Float32Array.from({ length }, () => scale * random.uniform());
    const pixels = draw(IMAGES * SIZE.height * SIZE.width * channels, 1);
    // as large as to be clipped at first
    const targets = draw(STEPS * IMAGES * NEURONS.length, 20);
    const shape = [IMAGES, SIZE.height, SIZE.width, ...(channels === 1 ? [] : [channels])];
    await writeFile(path.join(folder, 'weights.safetensors'), encodeSafetensors(weights));
    await writeFile(path.join(folder, 'stimuli.npy'), encodeNpy(pixels, shape));
    await writeFile(path.join(folder, 'targets.npy'), encodeNpy(targets, [STEPS, IMAGES, 3]));
    const described = JSON.stringify({ architecture: core, stimulus, weightDecay: WEIGHT_DECAY });
    await writeFile(path.join(folder, 'network.json'), described);
    runPython(PYTORCH.python, REFERENCE, folder);

    const how = { ...findRecipe('shared_core').core!, weightDecay: WEIGHT_DECAY };
    const tensors = tf.memory().numTensors;
    const specifications = sharedCoreParameters(core, stimulus);
    const learner = createCoreLearner(core, specifications, weights, how, squaredError, false);
    const gray = weights.get('core.gray')!.data[0]!;
    const stimuli = tf.tidy(() =>
      tf.tensor4d(pixels, [IMAGES, SIZE.height, SIZE.width, channels]).sub(gray),
    );
    const fixed = tf.tidy(() => seeFixed(core, stimuli as tf.Tensor4D));
    const expected = await readArray('losses.npy');
    try {
      for (let step = 0; step < STEPS; step++) {
        const own = targets.subarray(step * IMAGES * 3, (step + 1) * IMAGES * 3);
        const batch = tf.tensor2d(own, [IMAGES, 3]);
        const seen = { stimuli: stimuli as tf.Tensor4D, fixed, targets: batch, dropout: {} };
        const losses = await learner.step(seen, RATE);
        batch.dispose();
        const real = expected.subarray(step * 3, (step + 1) * 3);
        const relative = losses.map((loss, i) => loss / real[i]! - 1);
        expect(greatestDifference(relative, [0, 0, 0])).toBeLessThan(1e-4);
      }
      const average = await learner.average();
      const expectedAverage = await readArray('averages.npy');
      let from = 0;
      for (const name of [...average.keys()].toSorted()) {
        const { data } = average.get(name)!;
        const own = expectedAverage.subarray(from, from + data.length);
        from += data.length;
        // A batch norm takes out the bias before it, whose gradient is what float32 leaves of 0.
        if (/convolution\.bias$|norm\.mean$/.test(name)) continue;
        // 3 steps of 0.003 move a number by 0.009, by the sign of a gradient rather than by its size
        expect(greatestDifference(data, own), name).toBeLessThan(3e-4);
      }
      expect(from).toBe(expectedAverage.length);
    } finally {
      learner.dispose();
      tf.dispose([stimuli, fixed]);
    }
    expect(tf.memory().numTensors).toBe(tensors);
  },
);
