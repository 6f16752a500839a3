import { afterAll, beforeAll, expect, test } from 'vitest';
import { recipeArchitecture } from '../../../src/datasets/recipes.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { initialParameters, parameterSpecifications } from '../../../src/network/parameters.js';
import { openSite, type Site } from '../../../training/data/site.js';
import { Interrupted } from '../../../training/run/interruption.js';
import { type PopulationState, trainPopulation } from '../../../training/run/population.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf, smallTask, withResponses } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();
let site: Site;
beforeAll(async () => {
  await writeSmallSite(folder, 60, 20, 5);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(() => site.close());

test('a neuron whose parameters are not finite after the last batch stops alone', async () => {
  const task = smallTask(site, [0, 3], { epochs: 1 });
  const states: PopulationState[] = [];
  let checks = 0;
  const interruption = { isRequested: () => ++checks > 3 }; // 3 batches, then the evaluation
  const save = async (state: PopulationState) => void states.push(state);
  await expect(trainPopulation(task, { save, interruption })).rejects.toThrow(Interrupted);
  const [state] = states as [PopulationState];
  expect([state.epoch, state.batch]).toEqual([1, 3]);
  state.current.get('alpha1.norm.variance')!.data[0] = Number.NaN;
  const { neurons, weights } = await trainPopulation(task, {}, state);
  expect(neurons[0]).toEqual({
    id: 0,
    CORR: null,
    PT_J: null,
    PT_S: null,
    keptEpoch: null,
    stopped: { epoch: 0, reason: 'its parameters are not finite' },
  });
  expect(neurons[1]).toMatchObject({ id: 3, keptEpoch: 1 });
  expect(neurons[1]!.stopped).toBeUndefined();
  for (const { data } of weights.values()) expect(data.every(Number.isFinite)).toBe(true);
});

test('a neuron with the same response to all training images is not trained, and always predicts it', async () => {
  const training = withResponses(site.training, 2, () => 0.25);
  const task = smallTask({ ...site, training }, [0, 2], { epochs: 1 });
  const { neurons, weights } = await trainPopulation(task);
  expect(neurons[0]!.stopped).toBeUndefined();
  expect(neurons[1]).toEqual({
    id: 2,
    CORR: null,
    PT_J: null,
    PT_S: null,
    keptEpoch: null,
    stopped: { epoch: 0, reason: 'its responses to the training images are all the same' },
  });
  const specifications = parameterSpecifications(recipeArchitecture(task.recipe), training);
  const initial = bitsOf(initialParameters(specifications, [2], task.seed));
  const bits = bitsOf(weights);
  for (const [name, own] of Object.entries(initial)) {
    if (!name.startsWith('readout.')) expect(bits[name]!.endsWith(own)).toBe(true);
  }
  const [constant, places] = [
    weights.get('readout.bias')!.data,
    weights.get('readout.weight')!.data,
  ];
  expect(constant[1]).toBe(0.25);
  expect(places.subarray(places.length / 2).every((weight) => weight === 0)).toBe(true);
});

test('a network with the same response to every image for five epochs is dead', async () => {
  // All maps of the frozen blocks are constant, so the trained parts see nothing of an image.
  const base = smallTask(site, [0, 3]);
  const specifications = parameterSpecifications(recipeArchitecture(base.recipe), site.training);
  const weights = initialParameters(specifications, [0, 3], 1);
  const scale = weights.get('alpha1.norm.scale')!.data;
  scale.fill(0, 0, scale.length / 2);
  const frozen = { architecture: 'rf_sa_cnn_star_incr', frozen: ['alpha1.', 'alpha2.'] } as const;
  const { neurons } = await trainPopulation({
    ...smallTask(site, [3, 0], { ...frozen, frozen: [...frozen.frozen], epochs: 7 }),
    base: { readout: 'centre', weights, neurons: [0, 3], freeze: 'still' },
  });
  expect(neurons[0]!.stopped).toBeUndefined();
  expect(neurons[0]!.CORR).toBeGreaterThan(0.3);
  expect(neurons[1]).toMatchObject({
    id: 0,
    keptEpoch: 1,
    stopped: { epoch: 5, reason: 'its network answers every image the same' },
  });
});
