import { z } from 'zod';
import { InputError } from '../errors.js';
import { nearestName } from '../formats/nearest-name.js';
import { TrainingCard } from '../models/card.js';
import { type AnyArchitecture, isShared } from '../network/any-architecture.js';
import type { Architecture } from '../network/architecture.js';
import type { ArchitectureDefinition } from '../network/architectures/definition.js';
import { DESIGN_NAMES, DESIGNS } from '../network/architectures/designs.js';
import { ArchitectureId } from '../network/architectures/id.js';
import { ARCHITECTURES } from '../network/architectures/index.js';
import { SHARED_CORE_NAMES, type SharedCoreName } from '../network/architectures/shared-cores.js';

/** Adam's numbers, as in the paper. */
export const ADAM = {
  name: 'adam',
  learningRate: 1e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
} as const;

/** How a population is trained. */
export const Recipe = z.strictObject({
  architecture: z.enum(DESIGN_NAMES),
  epochs: z.int().positive(),
  batchSize: z.int().min(2),
  learningRate: z.number().positive().default(ADAM.learningRate),
  loss: TrainingCard.shape.loss.default('mse'),
  responses: TrainingCard.shape.responses,
  /** Probability with which a channel is dropped. */
  dropout: z.number().min(0).lt(1),
  /** Instead of the architecture's own. */
  channels: z.int().positive().optional(),
  /** The recipe whose networks this one begins with. */
  after: z.string().optional(),
  /** Most batches of an epoch; without it, an epoch is of all training images. */
  batches: z.int().positive().optional(),
  /** How a shared core is trained. */
  core: z
    .strictObject({
      /** From this share of the epochs on, the learning rate is `laterRate`. */
      laterFrom: z.number().min(0).max(1),
      laterRate: z.number().positive(),
      /** Of convolutions and readouts, decoupled from the gradient (Loshchilov and Hutter 2019). */
      weightDecay: z.number().min(0),
      /** The greatest norm of all gradients together. */
      clip: z.number().positive(),
      /** Share that the running average of the parameters keeps at each step; the average is what predicts. */
      average: z.number().min(0).lt(1),
    })
    .optional(),
  /** Names, or prefixes of names, of the parameters that are copied from there and stay fixed. */
  frozen: z.array(z.string()).default([]),
});
export type Recipe = z.infer<typeof Recipe>;
type RecipeEntry = z.input<typeof Recipe>;

/** Where a recipe departs from that of `shared_core`. */
const SHARED_CHANGES: Readonly<Partial<Record<SharedCoreName, Partial<RecipeEntry>>>> = {
  linear: { learningRate: 1e-4 },
  ln: { learningRate: 1e-4 },
};

/** The paper's: Adam on the mean squared error, 50 epochs of batches of 50, dropout 0.3. */
const paper = { epochs: 50, batchSize: 50, dropout: 0.3 } as const;

const ENTRIES: Readonly<Record<string, RecipeEntry>> = {
  ...Object.fromEntries(ArchitectureId.options.map((id) => [id, ownRecipe(id)])),
  // the first stage of incremental learning
  rf_cnn_30: { architecture: 'rf_cnn', channels: 30, ...paper },
  /** The model that comes with the project. */
  demo: { architecture: 'ff_sa_cnn', ...paper, epochs: 20 },
  ...Object.fromEntries(SHARED_CORE_NAMES.map((id) => [id, sharedRecipe(id)])),
};

function ownRecipe(id: ArchitectureId): RecipeEntry {
  const { stage }: ArchitectureDefinition = ARCHITECTURES[id];
  const frozen = [...(stage?.frozen ?? [])];
  return { architecture: id, ...paper, ...(stage && { after: stage.after, frozen }) };
}

function sharedRecipe(id: SharedCoreName): RecipeEntry {
  return {
    architecture: id,
    ...{ epochs: 80, batchSize: 32, batches: 100, dropout: 0.1, learningRate: 3e-3 },
    core: { laterFrom: 0.7, laterRate: 1e-3, weightDecay: 0.01, clip: 5, average: 0.98 },
    ...SHARED_CHANGES[id],
  };
}

/** By name. */
export const RECIPES: Readonly<Record<string, Recipe>> = Object.fromEntries(
  Object.entries(ENTRIES).map(([name, entry]) => [name, Recipe.parse(entry)]),
);

export const RECIPE_NAMES = Object.keys(RECIPES);

/** @throws InputError that lists the recipes there are */
export function findRecipe(name: string): Recipe {
  const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
  if (recipe) return recipe;
  const names = Object.keys(RECIPES);
  const near = nearestName(name, names);
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  throw new InputError(`there is no recipe '${name}'; there are ${names.join(', ')}${hint}`);
}

/** The network that a recipe trains: the Poisson loss is of rates, which are positive. */
export function recipeArchitecture({ architecture, channels, loss }: Recipe): AnyArchitecture {
  return {
    ...DESIGNS[architecture].network,
    ...(channels !== undefined && { channels }),
    ...(loss === 'poisson' && { output: 'softplus' }),
  };
}

/** The same, where the recipe is known to train a network for each neuron. */
export function separateArchitecture(recipe: Recipe): Architecture {
  const architecture = recipeArchitecture(recipe);
  if (isShared(architecture)) throw new Error(`${recipe.architecture} is one core for all neurons`);
  return architecture;
}

/** Counts the batches of an epoch; the last one may be smaller. */
export function batchesPerEpoch({ batchSize, batches }: Recipe, images: number): number {
  return Math.min(batches ?? Number.POSITIVE_INFINITY, Math.ceil(images / batchSize));
}
