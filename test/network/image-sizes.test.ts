import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect } from 'vitest';
import { loadOnnxruntime } from '../../src/inference/onnx/onnxruntime.js';
import { encodeSite } from '../../src/inference/onnx/site-graph.js';
import { planar } from '../../src/inference/planar.js';
import { stimulusGradient } from '../../src/interpret/gradient.js';
import { interpret } from '../../src/interpret/interpretation.js';
import { ARCHITECTURES } from '../../src/network/architectures/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { selectOnDevice, toDevice } from '../../src/network/device.js';
import { randomStream } from '../../src/network/random.js';
import { imageLength, type Stimuli } from '../../src/stimulus/stimuli.js';
import { randomParameters } from '../../training/random-model/random-parameters.js';
import { pytorch, testWith } from '../support/capabilities.js';
import { tinyCard } from '../support/cards.js';
import { greatestDifference } from '../support/numbers.js';
import { sharedFolder } from '../support/store.js';
import { computeReference } from './pytorch-reference.js';

const PYTORCH = pytorch();
const test = testWith(PYTORCH);
const folder = sharedFolder();
const NEURONS = [7, 0, 3];
const IMAGES = 3;
/** Of the range of one neuron's responses. */
const TOLERANCE = 1e-4;
/** Of the steepest slope. */
const SLOPE_TOLERANCE = 1e-3;

beforeAll(async () => {
  await openBackend('wasm');
});
afterAll(() => expect(tf.memory().numTensors).toBe(0));

test.each([
  ['rf_cnn', 16, 16, 1],
  ['rf_cnn', 48, 64, 1],
  ['rf_cnn', 100, 100, 1],
  ['rf_cnn', 64, 64, 3],
  ['ff_cnn', 48, 64, 1],
  ['ff_cnn', 100, 100, 1],
  ['ff_cnn', 64, 64, 3],
  ['ff_sa_cnn', 48, 64, 1],
  ['ff_sa_cnn', 100, 100, 1],
  ['ff_sa_cnn', 64, 64, 3],
] as const)(
  '%s on %ix%ix%i pixels responds as in PyTorch, and so do its gradients',
  async (id, height, width, channels) => {
    // The formulas are the same for any number of channels.
    const architecture = { id, ...ARCHITECTURES[id].network, channels: 6 };
    const size = { height, width, channels, scale: 2, offset: -0.8 };
    const card = { architecture, stimulus: { ...tinyCard('x', 1).stimulus, ...size } };
    const weights = randomParameters(architecture, size, NEURONS, 1);
    const stimuli = someStimuli(size);
    const reference = await computeReference(
      PYTORCH.python,
      'networks.py',
      folder,
      card,
      weights,
      stimuli,
    );
    const parameters = toDevice(weights);
    const first = selectOnDevice(parameters, Int32Array.of(0));
    try {
      expectResponses((await interpret(card, parameters, stimuli)).responses, reference.responses);
      const graph = encodeSite({ card, members: [weights], groups: [[0, 1], [2]] }, {});
      expectResponses(await runGraph(graph, stimuli), reference.responses);
      const { gradient } = await stimulusGradient(card, first, stimuli);
      const steepest = Math.max(...reference.gradients.map(Math.abs));
      expect(steepest).toBeGreaterThan(0);
      expect(greatestDifference(gradient, reference.gradients)).toBeLessThan(
        SLOPE_TOLERANCE * steepest,
      );
    } finally {
      tf.dispose([parameters, first]);
    }
  },
);

/** Noise, from bright to dark images. */
function someStimuli(size: Pick<Stimuli, 'height' | 'width' | 'channels'>): Stimuli {
  const { height, width, channels } = size;
  const random = randomStream(1, 'stimuli');
  const pixels = Float32Array.from(
    { length: IMAGES * imageLength(size) },
    (_, i) => random.uniform() ** (1 + Math.floor(i / imageLength(size))),
  );
  return { count: IMAGES, height, width, channels, pixels };
}

function expectResponses(responses: Float32Array, expected: Float32Array): void {
  for (const neuron of NEURONS.keys()) {
    const own = (values: Float32Array) => values.filter((_, i) => i % NEURONS.length === neuron);
    const [actual, wanted] = [own(responses), own(expected)];
    const range = Math.max(...wanted) - Math.min(...wanted);
    expect(range).toBeGreaterThan(0.01);
    expect(greatestDifference(actual, wanted)).toBeLessThan(TOLERANCE * range);
  }
}

async function runGraph(graph: Uint8Array, images: Stimuli) {
  const { count, height, width, channels } = images;
  const { InferenceSession, Tensor } = await loadOnnxruntime();
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1 });
  const stimuli = new Tensor('float32', planar(images), [count, channels, height, width]);
  const { responses } = await session.run({ stimuli });
  await session.release();
  return responses!.data as Float32Array;
}
