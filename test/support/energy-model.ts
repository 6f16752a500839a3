import type { ServedModel } from '../../src/inference/catalogue.js';
import type { EngineRequest } from '../../src/inference/engine.js';
import { tinyModel } from './cards.js';
import { createFakeEngine, type FakeEngine } from './fake-engine.js';

const SIDE = 30;

/** Neurons with the energy of a Gabor filter: they prefer its orientation, frequency and place. */
export const FILTERS = [
  { id: 0, orientation: 30, spatialFrequency: 0.12, x: 0, y: 0, sigma: 4 },
  { id: 1, orientation: 120, spatialFrequency: 0.18, x: 4, y: -3, sigma: 3 },
  { id: 2, orientation: 75, spatialFrequency: 0.1, x: -5, y: 2, sigma: 4 },
] as const;
type Filter = (typeof FILTERS)[number];

/** A served model of such neurons, on stimuli of 30x30 pixels around a gray of 0.5. */
export function energyModel(): ServedModel {
  const model = tinyModel('energy', 1);
  const { card } = model;
  const stimulus = { ...card.stimulus, height: SIDE, width: SIDE };
  const neurons = FILTERS.map(({ id }) => ({ ...card.neurons[0]!, id }));
  return { ...model, card: { ...card, stimulus, neurons } };
}

/** Their engine computes 0.1 + |stimulus * (even, odd filter)|^2, relative to the background. */
export function energyEngine(): FakeEngine {
  const fake = createFakeEngine();
  const pairs = FILTERS.map((filter) => [kernel(filter, 0), kernel(filter, Math.PI / 2)] as const);
  return {
    ...fake,
    respond: async (request: EngineRequest) => {
      await fake.respond(request);
      const { stimuli, neurons } = request;
      return Float32Array.from({ length: stimuli.count * neurons.length }, (_, i) => {
        const row = Math.floor(i / neurons.length) * SIDE * SIDE;
        const pixels = stimuli.pixels.subarray(row, row + SIDE * SIDE);
        const [even, odd] = pairs[neurons[i % neurons.length]!]!.map((filter) =>
          filter.reduce((sum, weight, p) => sum + weight * (pixels[p]! - 0.5), 0),
        );
        return 0.1 + even! ** 2 + odd! ** 2;
      });
    },
  };
}

/** [height, width] of a Gabor; the phase in radians. */
function kernel(filter: Filter, phase: number): Float64Array {
  const angle = (filter.orientation * Math.PI) / 180;
  return Float64Array.from({ length: SIDE * SIDE }, (_, p) => {
    const x = (p % SIDE) - (SIDE - 1) / 2 - filter.x;
    const y = (SIDE - 1) / 2 - Math.floor(p / SIDE) - filter.y;
    const across = -x * Math.sin(angle) + y * Math.cos(angle);
    const envelope = Math.exp(-(x * x + y * y) / (2 * filter.sigma ** 2));
    return (envelope * Math.cos(2 * Math.PI * filter.spatialFrequency * across + phase)) / 10;
  });
}

/** The largest response of a neuron to images of some norm about the background: the filters' greatest eigenvalue. */
export function largestEnergy(id: number, norm: number): number {
  const [even, odd] = [kernel(FILTERS[id]!, 0), kernel(FILTERS[id]!, Math.PI / 2)];
  const product = (a: Float64Array, b: Float64Array) =>
    a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const [a, b, c] = [product(even, even), product(odd, odd), product(even, odd)];
  return 0.1 + norm ** 2 * ((a + b) / 2 + Math.hypot((a - b) / 2, c));
}
