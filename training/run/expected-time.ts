import type { ExpectedSeconds } from '../../src/datasets/expected-times.js';
import {
  batchesPerEpoch,
  findRecipe,
  RECIPES,
  type Recipe,
  recipeArchitecture,
} from '../../src/datasets/recipes.js';
import { InputError } from '../../src/errors.js';
import { isShared } from '../../src/network/any-architecture.js';
import { imageLength } from '../../src/stimulus/stimuli.js';
import type { TrainingData } from '../data/split.js';
import type { TrainingBackend } from '../kernels/training-backend.js';
import { createNetworks } from '../model/create-networks.js';
import { chunkFor, type Memory, type TrainingRoom } from './chunk.js';

/** Networks that are tried at most; the time grows with their number. */
const NEURONS = 4;

/** Where recipes are tried. */
export interface Trial {
  /** The open one. */
  readonly backend: TrainingRoom & Pick<TrainingBackend, 'kernels'>;
  readonly memory: Memory;
  /** In seconds. */
  readonly clock: () => number;
}

/**
 * Measures how long each recipe would train all neurons of some data on this machine, from one batch of a few
 * networks, of as many as memory allows.
 * @returns seconds by the name of the recipe, those of the recipes that come before it included; without the recipes
 *   whose networks do not take images of this size, and empty where no response differs between images
 */
export async function expectTimes(data: TrainingData, trial: Trial): Promise<ExpectedSeconds> {
  const own = new Map<string, number>();
  for (const [name, recipe] of Object.entries(RECIPES)) {
    const batches = recipe.epochs * batchesPerEpoch(recipe, data.training.count);
    const seconds = await timeBatch(data, recipe, trial).catch((error: unknown) => {
      if (error instanceof InputError) return undefined;
      throw error;
    });
    if (seconds !== undefined) own.set(name, batches * seconds);
  }
  const times = Object.keys(RECIPES).map((name) => [
    name,
    sum(chainOf(name).map((each) => own.get(each))),
  ]);
  return Object.fromEntries(times.filter(([, seconds]) => seconds !== undefined));
}

/** A recipe and those that it begins with. */
function chainOf(name: string): string[] {
  const { after } = findRecipe(name);
  return after === undefined ? [name] : [name, ...chainOf(after)];
}

/** @returns seconds of a batch with all neurons */
async function timeBatch(
  data: TrainingData,
  recipe: Recipe,
  { backend, memory, clock }: Trial,
): Promise<number> {
  const { training } = data;
  const pixels = imageLength(training);
  // a core costs about the same for any number of neurons
  const most = isShared(recipeArchitecture(recipe))
    ? training.neurons
    : Math.min(NEURONS, chunkFor(backend, recipe.batchSize, pixels, memory));
  const tried = Math.min(most, training.neurons);
  const neurons = Array.from({ length: tried }, (_, id) => id);
  const networks = createNetworks(
    { data, recipe, neurons, seed: 1, kernels: backend.kernels },
    () => undefined,
  );
  const images = Uint32Array.from(
    { length: Math.min(recipe.batchSize, training.count) },
    (_, image) => image,
  );
  if (networks.learning().length === 0) {
    networks.dispose();
    throw new InputError(
      'no response differs between images; expected a neuron that can be trained',
    );
  }
  const learn = (batch: number) => networks.learn(images, { seed: 1, epoch: 1, batch });
  try {
    await learn(0); // The first one compiles and allocates.
    const begun = clock();
    await learn(1);
    return (clock() - begun) * (training.neurons / tried);
  } finally {
    networks.dispose();
  }
}

/** Undefined where one of them is. */
function sum(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((a, b) => (a === undefined || b === undefined ? undefined : a + b), 0);
}
