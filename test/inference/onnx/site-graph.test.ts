import fc from 'fast-check';
import type { Tensor as OnnxTensor } from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import type { NetworkCard } from '../../../src/inference/onnx/group-graph.js';
import { loadOnnxruntime } from '../../../src/inference/onnx/onnxruntime.js';
import { encodeChoosableSite, encodeSite } from '../../../src/inference/onnx/site-graph.js';
import { planar } from '../../../src/inference/planar.js';
import { DESIGNS } from '../../../src/network/architectures/designs.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import type { SharedCore } from '../../../src/network/shared-core/architecture.js';
import { randomParameters } from '../../../training/random-model/random-parameters.js';
import {
  IMAGES,
  networkCards,
  referenceResponses,
  stimuliOf,
} from '../../support/network-cards.js';
import { greatestDifference } from '../../support/numbers.js';

const { InferenceSession, Tensor } = await loadOnnxruntime();

/** Tolerance relative to the range of the responses. */
const TOLERANCE = 1e-4;
const NEURONS = [4, 0, 9];

beforeAll(async () => {
  await openBackend('wasm');
});

async function run(graph: Uint8Array, feeds: Record<string, OnnxTensor>): Promise<Float32Array> {
  const session = await InferenceSession.create(graph, { intraOpNumThreads: 1 });
  const { responses } = await session.run(feeds);
  await session.release();
  return responses!.data as Float32Array;
}

/** Images as a graph takes them, [images, channels, height, width] */
function tensorOf(pixels: Float32Array, { stimulus }: NetworkCard): OnnxTensor {
  const { height, width, channels } = stimulus;
  const count = pixels.length / (height * width * channels);
  const values = planar({ count, height, width, channels, pixels });
  return new Tensor('float32', values, [count, channels, height, width]);
}

async function expectParity(card: NetworkCard, seed: number): Promise<void> {
  const weights = randomParameters(card.architecture, card.stimulus, NEURONS, seed);
  for (const name of ['core.gray', 'core.fixed.norm.mean']) {
    weights.get(name)?.data.forEach((_, i, values) => {
      values[i] = 0.2 + 0.1 * (i % 5); // each channel has its own
    });
  }
  const pixels = stimuliOf(card, seed);
  const expected = referenceResponses(card, weights, pixels);
  const graph = encodeSite({ card, members: [weights], groups: [[0, 1], [2]] }, {});
  const stimuli = tensorOf(pixels, card);
  const range = Math.max(...expected) - Math.min(...expected);
  expect(greatestDifference(await run(graph, { stimuli }), expected)).toBeLessThan(
    TOLERANCE * range,
  );
}

test.each(ArchitectureId.options)('%s: the graph responds as the networks in tfjs', async (id) => {
  const stimulus = { height: 50, width: 50, channels: 1 as const, scale: 2, offset: -0.7 };
  const colour = { ...stimulus, height: 40, channels: 3 as const };
  await expectParity({ architecture: ARCHITECTURES[id].network, stimulus }, 1);
  await expectParity({ architecture: ARCHITECTURES[id].network, stimulus: colour }, 1);
  await expectParity(
    { architecture: { ...ARCHITECTURES[id].network, output: 'softplus' }, stimulus },
    2,
  );
});

test.each([
  { height: 50, width: 50, channels: 1, scale: 1, offset: -0.4 },
  { height: 16, width: 16, channels: 1, scale: 2, offset: 0 },
  { height: 48, width: 65, channels: 1, scale: 0.5, offset: -0.2 },
  { height: 48, width: 33, channels: 3, scale: 2, offset: -0.3 },
] as const)('a shared core: the graph responds as the network in tfjs, %j', async (stimulus) => {
  const architecture = DESIGNS.shared_core.network as SharedCore;
  for (const changes of [
    {},
    { phases: 5, output: 'softplus' },
    { learnt: 0, wavelengths: [5], channels: 3 },
    { wavelengths: [], output: 'scaled_softplus' },
    { trunk: 'recurrent', steps: 1, attention: 'mapped' },
    { trunk: 'none', attention: 'identity', readout: 'whole' },
    { front: 'pixels', trunk: 'none', learnt: 0, readout: 'gaussian' },
  ] as const) {
    const changed = {
      ...architecture,
      ...changes,
      wavelengths: [...(changes.wavelengths ?? architecture.wavelengths)],
    };
    await expectParity({ architecture: changed, stimulus }, 1);
  }
});

test('any network on stimuli of any size responds as in tfjs', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(networkCards, fc.nat(), (card, seed) => expectParity(card, seed)),
    { numRuns: 25 },
  );
});

test('wanted neurons respond the same to the last bit whatever else is wanted, the others give zero', async () => {
  await fc.assert(
    fc.asyncProperty(
      networkCards,
      fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
      async (card, wanted) => {
        const neurons = [0, 1, 2, 3, 4, 5, 6];
        const weights = randomParameters(card.architecture, card.stimulus, neurons, 3);
        const graph = encodeChoosableSite({
          card,
          members: [weights],
          groups: [[0, 1], [2, 3], [4, 5], [6]],
        });
        const pixels = stimuliOf(card);
        const stimuli = tensorOf(pixels.slice(0, pixels.length / IMAGES), card);
        const send = (groups: readonly boolean[]) =>
          run(graph, { stimuli, wanted: new Tensor('bool', Uint8Array.from(groups, Number), [4]) });
        const whole = await send([true, true, true, true]);
        const some = await send(wanted);
        expect([...some]).toEqual(
          [...whole].map((value, i) => (wanted[Math.floor(i / 2)] ? value : 0)),
        );
      },
    ),
    { numRuns: 10 },
  );
});
