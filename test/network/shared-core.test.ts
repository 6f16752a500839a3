import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { encodeSafetensors } from '../../src/formats/safetensors.js';
import { stimulusGradient } from '../../src/interpret/gradient.js';
import { interpret } from '../../src/interpret/interpretation.js';
import { DESIGNS } from '../../src/network/architectures/designs.js';
import { openBackend } from '../../src/network/backends/open.js';
import { selectOnDevice, toDevice } from '../../src/network/device.js';
import { randomStream } from '../../src/network/random.js';
import type { SharedCore } from '../../src/network/shared-core/architecture.js';
import { randomParameters } from '../../training/random-model/random-parameters.js';
import { pytorch, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { runPython } from '../support/python.js';
import { sharedFolder } from '../support/store.js';

const PYTORCH = pytorch();
const REFERENCE = fileURLToPath(new URL('shared_core.py', import.meta.url));
const test = testWith(PYTORCH);
const folder = sharedFolder();
const NEURONS = [7, 0, 3];
const IMAGES = 3;
const CORE = DESIGNS.shared_core.network as SharedCore;

beforeAll(async () => {
  await openBackend('wasm');
});
afterAll(() => expect(tf.memory().numTensors).toBe(0));

async function readArray(name: string): Promise<Float32Array> {
  return Float32Array.from(decodeNpy(await readFile(path.join(folder, name))).data);
}

test.each([
  [CORE, { height: 50, width: 50, scale: 1, offset: -0.4 }],
  [
    { ...CORE, phases: false },
    { height: 48, width: 64, scale: 2, offset: -0.9 },
  ],
  [
    { ...CORE, learnt: 0, output: 'softplus' },
    { height: 16, width: 31, scale: 1, offset: 0 },
  ],
  [
    { ...CORE, wavelengths: [2.5], channels: 5 },
    { height: 65, width: 18, scale: 1, offset: -0.5 },
  ],
] as const satisfies readonly (readonly [SharedCore, object])[])(
  'a shared core responds as in PyTorch, and so do its gradients: %#',
  async (architecture, size) => {
    const stimulus = { ...size, backgroundGray: 0.5, degreesPerImage: null, trainingRange: null };
    const { height, width } = stimulus;
    const weights = randomParameters(architecture, stimulus, NEURONS, 1);
    const random = randomStream(1, 'stimuli');
    const pixels = Float32Array.from({ length: IMAGES * height * width }, () => random.uniform());
    await writeFile(path.join(folder, 'weights.safetensors'), encodeSafetensors(weights));
    await writeFile(path.join(folder, 'network.json'), JSON.stringify({ architecture, stimulus }));
    await writeFile(path.join(folder, 'stimuli.npy'), encodeNpy(pixels, [IMAGES, height, width]));
    runPython(PYTORCH.python, REFERENCE, folder);

    const card = { architecture: { id: 'shared_core' as const, ...architecture }, stimulus };
    const stimuli = { count: IMAGES, height, width, pixels };
    const parameters = toDevice(weights);
    const first = selectOnDevice(parameters, Int32Array.of(0));
    try {
      const seen = await interpret(card, parameters, stimuli);
      const expected = await readArray('responses.npy');
      const range = Math.max(...expected) - Math.min(...expected);
      expect(range).toBeGreaterThan(0.01);
      expect(greatestDifference(seen.responses, expected)).toBeLessThan(1e-4 * range);
      if (architecture.output === 'linear') {
        const sums = seen.centre.map((value, i) => value + seen.surround[i]! + seen.bias[i % 3]!);
        expect(greatestDifference(sums, seen.responses)).toBeLessThan(1e-5);
      }
      const { gradient } = await stimulusGradient(card, first, stimuli);
      const slopes = await readArray('gradients.npy');
      const steepest = Math.max(...slopes.map(Math.abs));
      expect(steepest).toBeGreaterThan(0);
      expect(greatestDifference(gradient, slopes)).toBeLessThan(1e-3 * steepest);
    } finally {
      tf.dispose([parameters, first]);
    }
  },
);
