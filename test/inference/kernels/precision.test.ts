import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Addon, loadAddon } from '../../../src/inference/kernels/addon.js';
import { createKernelResponder } from '../../../src/inference/kernels/respond.js';
import { packNetworks } from '../../../src/inference/kernels/site-kernels.js';
import { type KernelThreads, startKernelThreads } from '../../../src/inference/kernels/threads.js';
import type { NetworkCard } from '../../../src/inference/onnx/group-graph.js';
import { planar } from '../../../src/inference/planar.js';
import type { Architecture } from '../../../src/network/architecture.js';
import { ArchitectureId } from '../../../src/network/architectures/id.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import type { Precision } from '../../../src/network/precision.js';
import { randomParameters } from '../../../training/random-model/random-parameters.js';
import { kernelAddon, testWith } from '../../support/capabilities.js';
import { IMAGES, networkCards, stimuliOf } from '../../support/network-cards.js';
import { greatestDifference } from '../../support/numbers.js';

/** Of the range of the responses: what kernels with the same weights may differ by. */
const ROUNDING = 1e-5;
/** Of the range of the responses: three times what random networks of the paper differ by. */
const TOLERANCE = { bfloat16: 1e-2, int8: 2e-2 };
const NEURONS = [4, 0, 9];
/** All networks of NEURONS. */
const ALL = Int32Array.of(0, 1, 2);

const capability = kernelAddon();
const kernelTest = testWith(capability);

let threads: KernelThreads;
beforeAll(() => {
  if (capability.missing !== null) return;
  threads = startKernelThreads(loadAddon(capability.file)!, 2);
});
afterAll(() => threads?.close());

type Card = NetworkCard & { readonly architecture: Architecture };

/** @param addon that packs the weights */
function respond(card: Card, precision: Precision, addon: Addon): Promise<Float32Array> {
  const { architecture, stimulus } = card;
  const members = [randomParameters(architecture, stimulus, NEURONS, 1)];
  const site = { architecture, stimulus, members, networks: ALL, precision };
  const images = planar({ ...stimulus, count: IMAGES, pixels: stimuliOf(card, 1) });
  return createKernelResponder(threads, packNetworks(addon, site)).respond(images, IMAGES, ALL);
}

type Round = (filters: Float32Array, channels: number) => Float32Array;

/** An addon that gets convolutions of maps whose weights are rounded already. */
function rounding(addon: Addon, round: Round): Addon {
  return {
    ...addon,
    packStep(site, weights, neuron, step, folded) {
      const [filters, bias] = folded;
      const isMap = step > 0 && folded.length === 2 && bias!.length > 1;
      const rounded = isMap ? [round(filters!, bias!.length), bias!] : folded;
      addon.packStep(site, weights, neuron, step, rounded);
    },
  };
}

function toBfloat16(filters: Float32Array): Float32Array {
  return filters.map((x) => {
    if (x === 0) return 0;
    // Eight significant bits.
    const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 7);
    const steps = Math.abs(x) / unit;
    const below = Math.floor(steps);
    const isUp = steps - below > 0.5 || (steps - below === 0.5 && below % 2 === 1);
    return Math.sign(x) * (below + Number(isUp)) * unit;
  });
}

function toInt8(filters: Float32Array, channels: number): Float32Array {
  const each = filters.length / channels;
  const scales = Array.from({ length: channels }, (_, channel) => {
    const own = filters.subarray(channel * each, (channel + 1) * each);
    return own.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 127;
  });
  return filters.map((x, i) => {
    const scale = scales[Math.floor(i / each)]!;
    return scale === 0 ? 0 : Math.round(x / scale) * scale;
  });
}

function rangeOf(responses: Float32Array): number {
  return Math.max(...responses) - Math.min(...responses);
}

kernelTest('any network responds as one whose weights are rounded before', async () => {
  const roundings: fc.Arbitrary<[Precision, Round]> = fc.constantFrom(
    ['bfloat16', toBfloat16],
    ['int8', toInt8],
  );
  await fc.assert(
    fc.asyncProperty(networkCards, roundings, async (card, [precision, round]) => {
      const { addon } = threads;
      const expected = await respond(card, 'float32', rounding(addon, round));
      const responses = await respond(card, precision, addon);
      const difference = greatestDifference(responses, expected);
      expect(difference).toBeLessThan(ROUNDING * rangeOf(expected));
    }),
    { numRuns: 25 },
  );
});

kernelTest.each(ArchitectureId.options)(
  '%s responds within its tolerance in each precision',
  async (id) => {
    const stimulus = { height: 50, width: 50, channels: 1 as const, scale: 2, offset: -0.7 };
    const card = { architecture: ARCHITECTURES[id].network, stimulus };
    const expected = await respond(card, 'float32', threads.addon);
    for (const precision of ['bfloat16', 'int8'] as const) {
      const responses = await respond(card, precision, threads.addon);
      const difference = greatestDifference(responses, expected) / rangeOf(expected);
      expect(difference).toBeLessThan(TOLERANCE[precision]);
      // It is another precision.
      expect(difference).toBeGreaterThan(ROUNDING);
    }
  },
);
