import { expect, test } from 'vitest';
import { experimentContext } from '../../src/experiments/context.js';
import { preferredStimulusFiles } from '../../src/experiments/preferred-stimulus/files.js';
import {
  planPreferredStimulus,
  runPreferredStimulus,
} from '../../src/experiments/preferred-stimulus/preferred-stimulus.js';
import {
  PreferredStimulusRequest,
  PreferredStimulusResult,
} from '../../src/experiments/preferred-stimulus/schemas.js';
import { tinyModel } from '../support/cards.js';
import { handResponses } from '../support/fake-engine.js';
import { linearInterpreter } from '../support/linear-interpreter.js';

test('the responses to the preferred stimuli of an ensemble have the spread of its members', async () => {
  const { card, ...served } = tinyModel('tiny', 1);
  const member = { weights: 'x', training: card.training };
  const model = { ...served, card: { ...card, members: [member, member] } };
  const subject = { model, limits: { maxStimuli: 100, maxPixels: 1e6 } };
  const request = PreferredStimulusRequest.parse({ neurons: [1], restarts: 2, steps: 4 });
  const set = {
    count: 2,
    height: 3,
    width: 2,
    channels: 1 as const,
    pixels: Float32Array.of(...[0, 0, 0, 0, 0, 0.5], ...[1, 1, 0, 0, 0, 0]),
  };
  const context = experimentContext({
    interpreter: linearInterpreter,
    respond: async (stimuli, neurons) => handResponses({ digest: '', stimuli, neurons }),
  });
  const found = await runPreferredStimulus(planPreferredStimulus(subject, request, set), context);
  const [json] = await preferredStimulusFiles(model, found);
  const { neurons } = PreferredStimulusResult.parse(JSON.parse(json!.bytes.toString()));
  // Neuron 1 is in columns 5 and 9 of the members, whose responses are 6 and 10 times the sum of the pixels.
  const { images } = found.neurons[0]!;
  for (const [i, { response, spread }] of neurons[0]!.stimuli.entries()) {
    const sum = images.pixels.subarray(6 * i, 6 * i + 6).reduce((a, b) => a + b, 0);
    expect(response).toBeCloseTo(8 * sum, 4);
    expect(spread).toBeCloseTo(2 * sum, 4);
  }
  expect(neurons[0]!.bestOfSet).toMatchObject({ stimulus: 1, response: 16, spread: 4 });
});
