import { expect, test } from 'vitest';
import { experimentContext } from '../../../src/experiments/context.js';
import { countMultiplyAdds } from '../../../src/experiments/cost.js';
import {
  planPreferredStimulus,
  runPreferredStimulus,
} from '../../../src/experiments/preferred-stimulus/preferred-stimulus.js';
import { PreferredStimulusRequest } from '../../../src/experiments/preferred-stimulus/schemas.js';
import { requireGradient } from '../../../src/experiments/require-gradient.js';
import type { ServedModel } from '../../../src/inference/catalogue.js';
import { imagesPerStep } from '../../../src/interpret/evolution/evolve.js';
import { energyEngine, energyModel, largestEnergy } from '../../support/energy-model.js';

const NORM = 1.5;
const engine = energyEngine();
const context = experimentContext({
  respond: (stimuli, neurons) => engine.respond({ digest: 'energy', stimuli, neurons }),
});
const limits = { maxStimuli: 1000, maxPixels: 1e7 };

/** The energy model, as if its network were imported without a graph of its gradient. */
function importedModel(): ServedModel {
  const { card, ...model } = energyModel();
  const channels: [{ mean: number; deviation: number }] = [{ mean: 0, deviation: 1 }];
  const architecture = {
    id: 'onnx',
    family: 'onnx',
    opset: 17,
    parameters: 0,
    bytes: 1,
    multiplyAdds: 500,
    input: { name: 'image', layout: 'nchw', type: 'float32', batch: 1, channels },
    output: { name: 'responses' },
    attention: 'none',
  } as const;
  return { ...model, card: { ...card, architecture } };
}

test('without a gradient, the images found drive a neuron almost as much as the best of all', async () => {
  const model = importedModel();
  const request = { neurons: [0], restarts: 1, steps: 250, norm: NORM };
  const plan = planPreferredStimulus({ model, limits }, PreferredStimulusRequest.parse(request));
  expect(plan.method).toBe('cma-es');
  // a population of 4 + 3 ln 100, and the image that is found
  expect(imagesPerStep(model.card.stimulus)).toBe(17);
  expect(plan.cost.stimuli).toBe(250 * 17 + 1);
  expect(countMultiplyAdds(plan.cost, model)).toBe((250 * 17 + 1) * 500);
  const { neurons } = await runPreferredStimulus(plan, context);
  const [response] = neurons[0]!.responses;
  expect(response).toBeGreaterThan(0.9 * largestEnergy(0, NORM));
  expect(response).toBeLessThan(1.0001 * largestEnergy(0, NORM));
});

test('the search is the same each time, and its images are within the bounds', async () => {
  const request = { neurons: [1, 2], restarts: 2, steps: 3, norm: NORM, pixels: [0.4, 0.6] };
  const plan = planPreferredStimulus(
    { model: importedModel(), limits },
    PreferredStimulusRequest.parse(request),
  );
  const [first, again] = [
    await runPreferredStimulus(plan, context),
    await runPreferredStimulus(plan, context),
  ];
  expect(again.neurons).toEqual(first.neurons);
  for (const { images } of first.neurons) {
    expect(images.count).toBe(2);
    for (let i = 0; i < 2; i++) {
      const pixels = images.pixels.subarray(i * 900, (i + 1) * 900);
      expect(Math.min(...pixels)).toBeGreaterThanOrEqual(Math.fround(0.4));
      expect(Math.max(...pixels)).toBeLessThanOrEqual(Math.fround(0.6));
      expect(Math.hypot(...pixels.map((pixel) => pixel - 0.5))).toBeLessThanOrEqual(NORM + 1e-5);
    }
  }
});

test('the gradient itself is refused, with what would help', () => {
  expect(() => requireGradient(importedModel())).toThrow(
    'the network of energy/1 was imported without its gradient: docs/import.md shows how to export one',
  );
  expect(() => requireGradient(energyModel())).not.toThrow();
});
