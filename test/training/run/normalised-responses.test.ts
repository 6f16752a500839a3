import { afterAll, beforeAll, expect, test } from 'vitest';
import { stimulusTensor } from '../../../src/interpret/interpretation.js';
import { ARCHITECTURES } from '../../../src/network/architectures/index.js';
import { openBackend } from '../../../src/network/backends/open.js';
import type { Recording } from '../../../training/data/recording.js';
import { openSite, type Site } from '../../../training/data/site.js';
import { withResponders } from '../../../training/model/responder.js';
import { measureScale } from '../../../training/model/response-scale.js';
import { trainPopulation } from '../../../training/run/population.js';
import { chosenResponses } from '../../../training/run/response-choice.js';
import { greatestDifference } from '../../support/numbers.js';
import { writeSmallSite } from '../../support/sites.js';
import { smallTask } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();
const IDS = [0, 1];
let site: Site;
beforeAll(async () => {
  await writeSmallSite(folder, 100, 40);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(() => site.close());

/** The site, whose responses are on another scale. */
function siteOnScale(gain: number, offset: number): Pick<Site, 'training' | 'validation'> {
  const change = (part: Recording) => ({
    ...part,
    responses: part.responses.map((response) => gain * response + offset),
  });
  return { training: change(site.training), validation: change(site.validation) };
}

/** Trains two neurons, and predicts the training images. */
async function trainOn(data: Pick<Site, 'training' | 'validation'>) {
  const learning = { channels: 30, epochs: 8, learningRate: 0.003 } as const;
  const task = smallTask(data, IDS, { responses: 'normalised', ...learning });
  const { neurons, weights } = await trainPopulation(task);
  const architecture = { ...ARCHITECTURES.rf_cnn.network, channels: 30 };
  const images = Array.from({ length: data.training.count }, (_, image) => image);
  const stimuli = stimulusTensor(await data.training.stimuli(images)); // [100, 24, 24, 1]
  const networks = { architecture, scale: 1, offset: 0, neurons: IDS, weights };
  const [predicted] = await withResponders(networks, 2, ({ respond }) => respond(stimuli));
  stimuli.dispose();
  return { neurons, predicted: [...predicted!] };
}

test('predictions have the level and the unit of the responses, in which the training makes no difference', async () => {
  const plain = await trainOn(site);
  for (const [gain, offset] of [
    [40, 30], // as spikes/s
    [0.01, -0.002], // as dF/F
  ] as const) {
    const data = siteOnScale(gain, offset);
    const { neurons, predicted } = await trainOn(data);
    for (const [row, id] of IDS.entries()) {
      const own = predicted.filter((_, i) => i % 2 === row);
      const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
      const scale = measureScale(data.training, id);
      expect(Math.abs(mean - scale.mean)).toBeLessThan(1e-4 * scale.unit);
      expect(neurons[row]!.CORR).toBeCloseTo(plain.neurons[row]!.CORR!, 3);
      expect(neurons[row]!.PT_S).toBe(plain.neurons[row]!.PT_S);
    }
    const inPlainUnit = predicted.map((value) => (value - offset) / gain);
    // float32 normalises the responses of another unit to other last bits, and Adam's first steps amplify them
    expect(greatestDifference(inPlainUnit, plain.predicted)).toBeLessThan(1e-2);
  }
});

test('a later stage begins with the frozen readout in the scale of the neuron', async () => {
  const data = siteOnScale(40, 30);
  const own = { responses: 'normalised', epochs: 1 } as const;
  const first = await trainPopulation(
    smallTask(data, IDS, { ...own, architecture: 'rf_sa_cnn_star_incr' }),
  );
  const frozen = ['alpha1.', 'alpha2.', 'attention.', 'readout.centre.'];
  const second = await trainPopulation({
    ...smallTask(data, IDS, { ...own, architecture: 'ff_sa_cnn_star_incr_fc1', frozen }),
    base: { readout: 'centre', weights: first.weights, neurons: IDS, freeze: 'still' },
  });
  for (const [row, id] of IDS.entries()) {
    const { mean, unit } = measureScale(data.training, id);
    const of = (name: string, weights: typeof first.weights) => {
      const { shape, data } = weights.get(name)!;
      const each = data.length / shape[0]!;
      return [...data.subarray(row * each, (row + 1) * each)];
    };
    const weight = of('readout.weight', first.weights).map((value) => value / unit);
    const bias = of('readout.bias', first.weights).map((value) => (value - mean) / unit);
    const { weights } = second;
    expect(greatestDifference(of('readout.centre.weight', weights), weight)).toBeLessThan(1e-6);
    expect(greatestDifference(of('readout.centre.bias', weights), bias)).toBeLessThan(1e-6);
  }
});

test('a dataset is trained on normalised responses, four files and counts are not', () => {
  const choose = (changes: object) =>
    chosenResponses({
      ...{ responses: 'auto', recipe: 'ff_cnn', loss: 'mse', site: undefined },
      ...changes,
    });
  expect(choose({})).toBe('normalised');
  expect(choose({ site: 'a' })).toBe('recorded');
  expect(choose({ site: 'a', recipe: 'shared_core' })).toBe('normalised');
  expect(choose({ loss: 'poisson' })).toBe('recorded');
  expect(choose({ responses: 'recorded' })).toBe('recorded');
  expect(choose({ responses: 'normalised', site: 'a' })).toBe('normalised');
  expect(() => choose({ responses: 'normalised', loss: 'poisson' })).toThrow(
    '--responses normalised is used with --loss poisson; expected --responses recorded',
  );
});
