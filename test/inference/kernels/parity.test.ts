import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { loadAddon } from '../../../src/inference/kernels/addon.js';
import { createKernelResponder } from '../../../src/inference/kernels/respond.js';
import { packNetworks } from '../../../src/inference/kernels/site-kernels.js';
import { type KernelThreads, startKernelThreads } from '../../../src/inference/kernels/threads.js';
import type { NetworkCard } from '../../../src/inference/onnx/group-graph.js';
import { planar } from '../../../src/inference/planar.js';
import type { Architecture } from '../../../src/network/architecture.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { randomParameters } from '../../../training/random-model/random-parameters.js';
import { kernelAddon, testWith } from '../../support/capabilities.js';
import {
  IMAGES,
  networkCards,
  referenceResponses,
  stimuliOf,
} from '../../support/network-cards.js';
import { greatestDifference } from '../../support/numbers.js';

/** Tolerance relative to the range of the responses. */
const TOLERANCE = 1e-5;
const NEURONS = [4, 0, 9];

const capability = kernelAddon();
const kernelTest = testWith(capability);

/** All networks of NEURONS. */
const ALL = Int32Array.of(0, 1, 2);

let threads: KernelThreads;
beforeAll(async () => {
  await openBackend('wasm');
  if (capability.missing !== null) return;
  threads = startKernelThreads(loadAddon(capability.file)!, 2);
});
afterAll(() => threads?.close());

type Card = NetworkCard & { readonly architecture: Architecture };

function createResponder({ architecture, stimulus }: Card, seed: number) {
  const weights = randomParameters(architecture, stimulus, NEURONS, seed);
  const site = {
    architecture,
    stimulus,
    members: [weights],
    networks: ALL,
    precision: 'float32' as const,
  };
  const responder = createKernelResponder(threads, packNetworks(threads.addon, site));
  return { weights, responder };
}

function imagesOf(card: Card, pixels: Float32Array): Float32Array {
  return planar({ ...card.stimulus, count: IMAGES, pixels });
}

async function expectParity(card: Card, seed: number): Promise<void> {
  const { weights, responder } = createResponder(card, seed);
  const pixels = stimuliOf(card, seed);
  const expected = referenceResponses(card, weights, pixels);
  const responses = await responder.respond(imagesOf(card, pixels), IMAGES, ALL);
  const range = Math.max(...expected) - Math.min(...expected);
  expect(greatestDifference(responses, expected)).toBeLessThan(TOLERANCE * range);
}

kernelTest.each(ArchitectureId.options)(
  '%s: the kernels respond as the networks in tfjs',
  async (id) => {
    const stimulus = { height: 50, width: 50, channels: 1 as const, scale: 2, offset: -0.7 };
    const { network: architecture } = ARCHITECTURES[id];
    await expectParity({ architecture, stimulus }, 1);
    await expectParity({ architecture, stimulus: { ...stimulus, height: 40, channels: 3 } }, 1);
    await expectParity({ architecture: { ...architecture, output: 'softplus' }, stimulus }, 2);
  },
);

kernelTest('any network on stimuli of any size responds as in tfjs', async () => {
  await fc.assert(
    fc.asyncProperty(networkCards, fc.nat(), (card, seed) => expectParity(card, seed)),
    { numRuns: 25 },
  );
});

kernelTest('a neuron responds the same to the last bit whatever else is wanted', async () => {
  const wanted = fc.array(fc.nat(2), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(networkCards, wanted, async (card, columns) => {
      const { responder } = createResponder(card, 3);
      const images = imagesOf(card, stimuliOf(card));
      const whole = await responder.respond(images, IMAGES, ALL);
      const some = await responder.respond(images, IMAGES, Int32Array.from(columns));
      const rows = Array.from({ length: IMAGES }, (_, image) => image);
      expect([...some]).toEqual(
        rows.flatMap((i) => columns.map((column) => whole[3 * i + column])),
      );
      const first = images.slice(0, images.length / IMAGES);
      const alone = await responder.respond(first, 1, Int32Array.from(columns));
      expect([...alone]).toEqual([...some.slice(0, columns.length)]);
    }),
    { numRuns: 10 },
  );
});

kernelTest('weights that were copied to another place give the same responses', async () => {
  const stimulus = { height: 50, width: 50, channels: 1 as const, scale: 1, offset: 0 };
  const card = { architecture: ARCHITECTURES.ff_sa_cnn.network, stimulus };
  const members = [randomParameters(card.architecture, stimulus, NEURONS, 1)];
  const packed = packNetworks(threads.addon, {
    ...card,
    members,
    networks: ALL,
    precision: 'float32',
  });
  const images = imagesOf(card, stimuliOf(card));
  const respond = (weights: Float32Array) =>
    createKernelResponder(threads, { ...packed, weights }).respond(images, IMAGES, ALL);
  const expected = await respond(packed.weights.slice());
  const { length } = packed.weights;
  for (const shift of [1, 5, 13]) {
    const copy = new Float32Array(length + shift).subarray(shift);
    copy.set(packed.weights);
    expect(await respond(copy)).toEqual(expected);
  }
});
