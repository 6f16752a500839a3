import fc from 'fast-check';
import { beforeAll, expect } from 'vitest';
import { loadAddon } from '../../../src/inference/kernels/addon.js';
import { createKernelResponder } from '../../../src/inference/kernels/respond.js';
import { packNetworks } from '../../../src/inference/kernels/site-kernels.js';
import type { NetworkCard } from '../../../src/inference/onnx/group-graph.js';
import { planar } from '../../../src/inference/onnx/planar.js';
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

beforeAll(async () => {
  await openBackend('wasm');
});

type Card = NetworkCard & { readonly architecture: Architecture };

function createResponder({ architecture, stimulus }: Card, seed: number) {
  const weights = randomParameters(architecture, stimulus, NEURONS, seed);
  const addon = loadAddon(capability.file)!;
  const site = { architecture, stimulus, members: [weights], networks: [0, 1, 2] };
  return { weights, responder: createKernelResponder(addon, packNetworks(addon, site)) };
}

function imagesOf(card: Card, pixels: Float32Array): Float32Array {
  return planar({ ...card.stimulus, count: IMAGES, pixels });
}

function expectParity(card: Card, seed: number): void {
  const { weights, responder } = createResponder(card, seed);
  const pixels = stimuliOf(card, seed);
  const expected = referenceResponses(card, weights, pixels);
  const responses = responder.respond(imagesOf(card, pixels), IMAGES, Uint8Array.of(1, 1, 1));
  const range = Math.max(...expected) - Math.min(...expected);
  expect(greatestDifference(responses, expected)).toBeLessThan(TOLERANCE * range);
}

kernelTest.each(ArchitectureId.options)('%s: the kernels respond as the networks in tfjs', (id) => {
  const stimulus = { height: 50, width: 50, channels: 1 as const, scale: 2, offset: -0.7 };
  const { network: architecture } = ARCHITECTURES[id];
  expectParity({ architecture, stimulus }, 1);
  expectParity({ architecture, stimulus: { ...stimulus, height: 40, channels: 3 } }, 1);
  expectParity({ architecture: { ...architecture, output: 'softplus' }, stimulus }, 2);
});

kernelTest('any network on stimuli of any size responds as in tfjs', () => {
  fc.assert(
    fc.property(networkCards, fc.nat(), (card, seed) => expectParity(card, seed)),
    { numRuns: 25 },
  );
});

kernelTest('a neuron responds the same to the last bit whatever else is wanted', () => {
  fc.assert(
    fc.property(
      networkCards,
      fc.array(fc.constantFrom(0, 1), { minLength: 3, maxLength: 3 }),
      (card, wanted) => {
        const { responder } = createResponder(card, 3);
        const images = imagesOf(card, stimuliOf(card));
        const whole = responder.respond(images, IMAGES, Uint8Array.of(1, 1, 1));
        const some = responder.respond(images, IMAGES, Uint8Array.from(wanted));
        expect([...some]).toEqual([...whole].map((value, i) => (wanted[i % 3] ? value : 0)));
        const first = images.slice(0, images.length / IMAGES);
        const alone = responder.respond(first, 1, Uint8Array.from(wanted));
        expect([...alone]).toEqual([...some.slice(0, 3)]);
      },
    ),
    { numRuns: 10 },
  );
});

kernelTest('weights that were copied to another place give the same responses', () => {
  const stimulus = { height: 50, width: 50, channels: 1 as const, scale: 1, offset: 0 };
  const card = { architecture: ARCHITECTURES.ff_sa_cnn.network, stimulus };
  const members = [randomParameters(card.architecture, stimulus, NEURONS, 1)];
  const addon = loadAddon(capability.file)!;
  const packed = packNetworks(addon, { ...card, members, networks: [0, 1, 2] });
  const images = imagesOf(card, stimuliOf(card));
  const respond = (weights: Float32Array) =>
    createKernelResponder(addon, { ...packed, weights }).respond(
      images,
      IMAGES,
      Uint8Array.of(1, 1, 1),
    );
  const expected = respond(packed.weights.slice());
  const { length } = packed.weights;
  for (const shift of [1, 5, 13]) {
    const copy = new Float32Array(length + shift).subarray(shift);
    copy.set(packed.weights);
    expect(respond(copy)).toEqual(expected);
  }
});
