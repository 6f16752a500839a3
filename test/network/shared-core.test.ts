import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Channels } from '../../src/formats/channels.js';
import { stimulusGradient } from '../../src/interpret/gradient.js';
import { interpret } from '../../src/interpret/interpretation.js';
import { SHARED_CORES } from '../../src/network/architectures/shared-cores.js';
import { openBackend } from '../../src/network/backends/open.js';
import { selectOnDevice, toDevice } from '../../src/network/device.js';
import { randomStream } from '../../src/network/random.js';
import type { SharedCore } from '../../src/network/shared-core/architecture.js';
import { randomParameters } from '../../training/random-model/random-parameters.js';
import { pytorch, testWith } from '../support/capabilities.js';
import { greatestDifference } from '../support/numbers.js';
import { sharedFolder } from '../support/store.js';
import { computeReference } from './pytorch-reference.js';

const PYTORCH = pytorch();
const test = testWith(PYTORCH);
const folder = sharedFolder();
const NEURONS = [7, 0, 3];
const IMAGES = 3;
const CORE: SharedCore = SHARED_CORES.shared_core.network;

beforeAll(async () => {
  await openBackend('wasm');
});
afterAll(() => expect(tf.memory().numTensors).toBe(0));

test.each([
  [
    { ...CORE, phases: 5 },
    { height: 50, width: 50, scale: 1, offset: -0.4 },
  ],
  [
    { ...CORE, phases: 2 },
    { height: 48, width: 64, scale: 2, offset: -0.9 },
  ],
  [
    { ...CORE, learnt: 0, output: 'softplus' },
    { height: 16, width: 31, scale: 1, offset: 0 },
  ],
  [
    { ...CORE, wavelengths: [2.5], channels: 5, attention: 'mapped' },
    { height: 65, width: 18, scale: 1, offset: -0.5 },
  ],
  [SHARED_CORES.energy_core.network, { height: 30, width: 27, scale: 1, offset: -0.5 }],
  [SHARED_CORES.learnt_core.network, { height: 30, width: 27, scale: 1, offset: -0.5 }],
  [SHARED_CORES.attention_core.network, { height: 30, width: 27, scale: 1, offset: -0.5 }],
  [SHARED_CORES.recurrent_core.network, { height: 30, width: 27, scale: 1, offset: -0.5 }],
  [SHARED_CORES.gabor_energy.network, { height: 30, width: 27, scale: 1, offset: -0.5 }],
  [SHARED_CORES.linear.network, { height: 20, width: 17, scale: 1, offset: -0.5 }],
  [
    { ...CORE, phases: 2 },
    { height: 64, width: 64, channels: 3, scale: 2, offset: -0.9 },
  ],
  [
    SHARED_CORES.attention_core.network,
    { height: 64, width: 64, channels: 3, scale: 1, offset: -0.5 },
  ],
  [
    SHARED_CORES.gabor_energy.network,
    { height: 30, width: 27, channels: 3, scale: 1, offset: -0.5 },
  ],
  [SHARED_CORES.linear.network, { height: 64, width: 64, channels: 3, scale: 1, offset: -0.5 }],
  [SHARED_CORES.ln.network, { height: 20, width: 17, scale: 1, offset: -0.5 }],
] as const satisfies readonly (readonly [SharedCore, object])[])(
  'a shared core responds as in PyTorch, and so do its gradients: %#',
  async (architecture, size) => {
    const channels: Channels = 'channels' in size ? size.channels : 1;
    const unmeasured = { backgroundGray: 0.5, degreesPerImage: null, trainingRange: null };
    const stimulus = { ...size, channels, ...unmeasured };
    const { height, width } = stimulus;
    const weights = randomParameters(architecture, stimulus, NEURONS, 1);
    for (const name of ['core.gray', 'core.fixed.norm.mean']) {
      const values = weights.get(name)!.data;
      for (const i of values.keys()) values[i]! += 0.1 * (i % 4); // each channel has its own
    }
    const random = randomStream(1, 'stimuli');
    const length = IMAGES * height * width * channels;
    const pixels = Float32Array.from({ length }, () => random.uniform());
    const card = { architecture: { id: 'shared_core' as const, ...architecture }, stimulus };
    const stimuli = { count: IMAGES, height, width, channels, pixels };
    const {
      responses: expected,
      gradients: slopes,
      attention,
    } = await computeReference(PYTORCH.python, 'shared_core.py', folder, card, weights, stimuli);
    const parameters = toDevice(weights);
    const first = selectOnDevice(parameters, Int32Array.of(0));
    try {
      const seen = await interpret(card, parameters, stimuli);
      const range = Math.max(...expected) - Math.min(...expected);
      expect(range).toBeGreaterThan(0.01);
      expect(greatestDifference(seen.responses, expected)).toBeLessThan(1e-4 * range);
      expect(seen.attention === null).toBe(attention === null);
      if (attention !== null) {
        expect(greatestDifference(seen.attention!, attention)).toBeLessThan(1e-5);
      }
      if (architecture.output === 'linear') {
        const sums = seen.centre.map((value, i) => value + seen.surround[i]! + seen.bias[i % 3]!);
        expect(greatestDifference(sums, seen.responses)).toBeLessThan(1e-5);
      }
      const { gradient } = await stimulusGradient(card, first, stimuli);
      const steepest = Math.max(...slopes.map(Math.abs));
      expect(steepest).toBeGreaterThan(0);
      expect(greatestDifference(gradient, slopes)).toBeLessThan(1e-3 * steepest);
    } finally {
      tf.dispose([parameters, first]);
    }
  },
);
