import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Recipe } from '../../../src/datasets/recipes.js';
import { type Fit, TrainingCard } from '../../../src/models/card.js';
import { readWeights, type SavedModel } from '../../../src/models/saved-model.js';
import { DESIGNS } from '../../../src/network/architectures/designs.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { openSite, type Site } from '../../../training/data/site.js';
import { Interrupted } from '../../../training/run/interruption.js';
import type { ModelRequest } from '../../../training/run/model-request.js';
import {
  type PopulationState,
  type TrainedPopulation,
  trainPopulation,
} from '../../../training/run/population.js';
import type { Base } from '../../../training/run/stages.js';
import { trainModel } from '../../../training/run/train-model.js';
import { warmStart } from '../../../training/run/warm-start.js';
import { fakeMachine } from '../../support/machine.js';
import { greatestDifference } from '../../support/numbers.js';
import { writeSmallSite } from '../../support/sites.js';
import { bitsOf, smallTask, withResponses } from '../../support/small-training.js';
import { sharedFolder } from '../../support/store.js';

const folder = sharedFolder();
const IDS = [0, 1, 2];
const BLOCKS = ['alpha1.', 'alpha2.', 'attention.', 'beta1.', 'beta2.'];
let site: Site;
beforeAll(async () => {
  await writeSmallSite(folder, 100, 40);
  site = await openSite(folder, 'small');
  await openBackend('wasm');
});
afterAll(() => site.close());

/** The population of one training as what another begins with. */
function baseOf(
  { weights }: TrainedPopulation,
  fit?: Fit,
  readout: Base['readout'] = 'centre',
): Base {
  return { readout, weights, neurons: IDS, freeze: 'still' as const, fit };
}

/** The site, whose neurons answer to the same features with another gain, sign and offset. */
function changedSite(): Pick<Site, 'training' | 'validation'> {
  const change = (part: Site['training']) =>
    withResponses(part, 1, (i) => 0.5 - 2 * part.responses[3 * i + 1]!);
  return { training: change(site.training), validation: change(site.validation) };
}

test.each([{ architecture: 'rf_cnn' }, { architecture: 'ff_sa_cnn_star_simul', loss: 'poisson' }])(
  'a fit of the readout is the training of a network whose other parameters stay still: %j',
  async (changes) => {
    const begun = await trainPopulation(
      smallTask(site, IDS, { ...(changes as Partial<Recipe>), epochs: 1 }),
    );
    const recipe = { ...(changes as Partial<Recipe>), dropout: 0, epochs: 4, learningRate: 0.01 };
    const positive = (part: Site['training']) =>
      withResponses(part, 1, (i) => Math.abs(part.responses[3 * i]!));
    const { training, validation } =
      'loss' in changes
        ? { training: positive(site.training), validation: positive(site.validation) }
        : changedSite();
    const tensors = tf.memory().numTensors;
    const fitted = await trainPopulation({
      ...smallTask({ training, validation }, IDS, recipe),
      base: baseOf(begun, 'readout'),
    });
    const stillOnes = await trainPopulation({
      ...smallTask({ training, validation }, IDS, { ...recipe, frozen: BLOCKS }),
      base: baseOf(begun, 'all'),
    });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(fitted.neurons.map(({ keptEpoch }) => keptEpoch)).toEqual(
      stillOnes.neurons.map(({ keptEpoch }) => keptEpoch),
    );
    expect(fitted.neurons.some(({ keptEpoch }) => keptEpoch !== null)).toBe(true);
    const [before, after] = [bitsOf(begun.weights), bitsOf(fitted.weights)];
    for (const [name, { data }] of fitted.weights) {
      // the same sums in another order: 32 bits, and some tens of steps of 0.01
      const other = [...stillOnes.weights.get(name)!.data];
      expect(greatestDifference([...data], other), name).toBeLessThan(1e-3);
      expect(after[name] === before[name], name).toBe(!name.startsWith('readout.'));
    }
  },
);

test.each(['recorded', 'normalised'] as const)(
  'a warm start keeps what it began with where no epoch is better (responses %s)',
  async (scale) => {
    const good = [0, 1];
    const begun = await trainPopulation(smallTask(site, good, { epochs: 8, learningRate: 0.01 }));
    for (const { CORR } of begun.neurons) expect(CORR).toBeGreaterThan(0.5);
    const { responses } = site.training;
    const training = { ...site.training, responses: responses.map((response) => 1 - response) };
    for (const fit of ['readout', 'all'] as const) {
      const { neurons, weights } = await trainPopulation({
        ...smallTask({ ...site, training }, good, {
          epochs: 2,
          learningRate: 0.01,
          responses: scale,
        }),
        base: { ...baseOf(begun, fit), neurons: good },
      });
      expect(bitsOf(weights)).toEqual(bitsOf(begun.weights));
      for (const [row, { keptEpoch, CORR }] of neurons.entries()) {
        expect(keptEpoch).toBeNull();
        // computed in two parts, where the readout alone is fitted
        expect(Math.abs(CORR! - begun.neurons[row]!.CORR!)).toBeLessThan(1e-5);
      }
    }
  },
);

test('a fit of the readout is interrupted and resumes bit for bit, also after a neuron has stopped', async () => {
  const begun = await trainPopulation(smallTask(site, IDS, { epochs: 1 }));
  const { training, validation } = changedSite();
  const constant = { training: withResponses(training, 0, () => 1), validation };
  const task = {
    ...smallTask(constant, IDS, { dropout: 0, learningRate: 0.01 }),
    base: baseOf(begun, 'readout'),
  };
  const whole = await trainPopulation(task);
  expect(whole.neurons[0]!.stopped?.epoch).toBe(0);
  const others = await trainPopulation({ ...task, neurons: [1, 2] });
  for (const [row, { CORR }] of others.neurons.entries()) {
    // within what the order of summation of a wider convolution changes
    expect(Math.abs(CORR! - whole.neurons[row + 1]!.CORR!)).toBeLessThan(1e-3);
  }
  for (const last of [0, 9]) {
    let state: PopulationState | undefined;
    let turns = 0;
    await expect(
      trainPopulation(task, {
        interruption: { isRequested: () => ++turns > last },
        save: async (next) => {
          state = structuredClone(next);
        },
      }),
    ).rejects.toThrow(Interrupted);
    const resumed = await trainPopulation(task, {}, state);
    expect(resumed.neurons).toEqual(whole.neurons);
    expect(bitsOf(resumed.weights)).toEqual(bitsOf(whole.weights));
  }
});

async function train(changes: Partial<ModelRequest>) {
  const { machine, lines } = fakeMachine();
  const request: ModelRequest = {
    ...{ site, repeats: null, backend: await openBackend('wasm'), recipe: 'rf_cnn', epochs: 1 },
    ...{
      seed: 1,
      loss: 'mse',
      responses: 'recorded',
      select: 'validation',
      freeze: 'published',
      neurons: undefined,
    },
    ...{ chunk: undefined, shard: undefined, from: undefined, resume: false, wait: false },
    ...{ out: path.join(await mkdtemp(path.join(folder, 'models-')), 'm') },
    ...{ unit: 'dF/F', degreesPerImage: null },
    ...changes,
  };
  const { saved } = await trainModel(request, machine);
  return { saved, lines };
}

test('the card says with which model a warm start began, and --resume knows it again', async () => {
  const { saved: model } = await train({ neurons: [0, 2] });
  const out = path.join(folder, 'warm');
  const from = warmStart(model, 'readout', 'command');
  const changes = { from, neurons: [2], out, epochs: undefined };
  const { saved, lines } = await train(changes);
  const training = TrainingCard.parse(saved.card.training);
  expect(training.from).toEqual({ model: 'm', version: 1, digest: model.digest, fit: 'readout' });
  expect(training.base).toBeUndefined();
  expect(training.optimiser.learningRate).toBeLessThan(1e-3);
  expect(saved.card.neurons.map(({ id }) => id)).toEqual([2]);
  expect(lines.join('\n')).toContain(`rf_cnn from ${model.folder} (the readout alone), `);
  expect(lines.join('\n')).not.toContain('was not trained on these data');
  const [core, old] = [await readWeights(saved), await readWeights(model)];
  expect([...core.get('beta2.convolution.weight')!.data]).toEqual([
    ...old
      .get('beta2.convolution.weight')!
      .data.slice(old.get('beta2.convolution.weight')!.data.length / 2),
  ]);
  const again = await train({ ...changes, resume: true });
  expect(again.lines.at(-1)).toBe(`${out}/1 holds this very training, finished`);
  const other = await train({ ...changes, from: warmStart(model, 'all', 'command'), resume: true });
  expect(other.saved.folder).toBe(`${out}/2`);
  const fresh = await train({ ...changes, from: undefined, epochs: 1, resume: true });
  expect(fresh.saved.folder).toBe(`${out}/3`);
});

test('a warm start of a recipe with stages begins with the model, and trains no stage', async () => {
  const recipe = 'rf_sa_cnn_star_incr';
  const { saved: model } = await train({ recipe });
  const { saved, lines } = await train({ recipe, from: warmStart(model, 'all', 'command') });
  expect(lines.some((line) => line.includes('rf_cnn_30'))).toBe(false);
  const [one, other] = [await readWeights(model), await readWeights(saved)];
  const name = 'alpha1.convolution.weight';
  expect(other.get(name)).toEqual(one.get(name)); // which the recipe does not train
  expect(saved.card.training).not.toHaveProperty('base');
});

test('a model that cannot be begun with is rejected with the reason', async () => {
  const { saved: model } = await train({ neurons: [0, 2] });
  const at = `--from ${model.folder}`;
  const rejected = (changes: Partial<ModelRequest>, card: Partial<SavedModel['card']> = {}) =>
    expect(
      train({
        from: warmStart({ ...model, card: { ...model.card, ...card } }, 'all', 'command'),
        ...changes,
      }),
    ).rejects;
  await rejected({ recipe: 'ff_cnn' }).toThrow(
    `${at} has another architecture: betaKernel 1; expected 3, as in ff_cnn: choose the recipe of`,
  );
  await rejected({ recipe: 'shared_core' }).toThrow(
    `${at} has a network for each neuron, with which no training of shared_core can begin; expected a training without it`,
  );
  const core = {
    id: 'shared_core',
    ...DESIGNS.shared_core.network,
  } as typeof model.card.architecture;
  await rejected({}, { architecture: core }).toThrow(
    `${at} has a shared core, with which no training of rf_cnn can begin; expected a training without it`,
  );
  const rates = { ...site.training, responses: site.training.responses.map(Math.abs) };
  await rejected({ loss: 'poisson', site: { ...site, training: rates } }).toThrow(
    /has another architecture: output linear; expected sof/,
  );
  await rejected({}).toThrow(
    `${at} has no network of neuron 1; expected one of each neuron that is trained: leave it out with`,
  );
  const { stimulus } = model.card;
  await rejected({ neurons: [0] }, { stimulus: { ...stimulus, height: 60 } }).toThrow(
    `${at} has images of another size: 60x24; expected 24x24, as in the data`,
  );
  await rejected({ neurons: [0] }, { stimulus: { ...stimulus, scale: 2 } }).toThrow(
    `${at} has pixels on another scale: times 2 plus 0; expected a model that train made`,
  );
  const training = { ...TrainingCard.parse(model.card.training) };
  const elsewhere = { ...training, data: { ...training.data, digests: {} } };
  const card = { ...model.card, training: elsewhere };
  const { lines } = await train({
    from: warmStart({ ...model, card }, 'all', 'command'),
    neurons: [0],
  });
  expect(lines.join('\n')).toContain(
    `warning: ${model.folder} was not trained on these data: a neuron is taken for the one with the same id`,
  );
});
