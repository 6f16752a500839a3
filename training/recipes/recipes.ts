import { z } from 'zod';
import { InputError } from '../../src/errors.js';
import { TrainingCard } from '../../src/models/card.js';
import {
  ARCHITECTURES,
  type Architecture,
  ArchitectureId,
} from '../../src/network/architectures.js';

/** How a population is trained. */
export const Recipe = z.strictObject({
  architecture: ArchitectureId,
  epochs: z.int().positive(),
  batchSize: z.int().min(2),
  loss: TrainingCard.shape.loss.default('mse'),
  /** Probability with which a channel is dropped. */
  dropout: z.number().min(0).lt(1),
  /** Instead of the architecture's own. */
  channels: z.int().positive().optional(),
  /** The recipe whose networks this one begins with. */
  after: z.string().optional(),
  /** Names, or beginnings of names, of the parameters that are taken from there and do not learn. */
  frozen: z.array(z.string()).default([]),
});
export type Recipe = z.infer<typeof Recipe>;
type RecipeEntry = z.input<typeof Recipe>;

/** The paper's: Adam on the mean squared error, 50 epochs of batches of 50, dropout 0.3. */
const paper = { epochs: 50, batchSize: 50, dropout: 0.3 } as const;

/** All that comes before the readout of a network with self-attention. */
const body = ['alpha1.', 'alpha2.', 'attention.', 'beta1.', 'beta2.'];

const ENTRIES: Readonly<Record<string, RecipeEntry>> = {
  ff_cnn: { architecture: 'ff_cnn', ...paper },
  rf_cnn: { architecture: 'rf_cnn', ...paper },
  ff_sa_cnn: { architecture: 'ff_sa_cnn', ...paper },
  rf_sa_cnn: { architecture: 'rf_sa_cnn', ...paper },
  rf_sa_cnn_star_simul: { architecture: 'rf_sa_cnn_star_simul', ...paper },
  ff_sa_cnn_star_simul: { architecture: 'ff_sa_cnn_star_simul', ...paper },
  // the stages of incremental learning
  rf_cnn_30: { architecture: 'rf_cnn', channels: 30, ...paper },
  rf_sa_cnn_star_incr: {
    architecture: 'rf_sa_cnn_star_incr',
    after: 'rf_cnn_30',
    frozen: ['alpha1.', 'alpha2.'],
    ...paper,
  },
  ff_sa_cnn_star_incr_fc1: {
    architecture: 'ff_sa_cnn_star_incr_fc1',
    after: 'rf_sa_cnn_star_incr',
    frozen: [...body, 'readout.centre.'],
    ...paper,
  },
  ff_sa_cnn_star_incr_fc2: {
    architecture: 'ff_sa_cnn_star_incr_fc2',
    after: 'rf_sa_cnn_star_incr',
    frozen: body,
    ...paper,
  },
  /** The model that comes with the project. */
  demo: { architecture: 'ff_sa_cnn', ...paper, epochs: 20 },
};

/** By name. */
export const RECIPES: Readonly<Record<string, Recipe>> = Object.fromEntries(
  Object.entries(ENTRIES).map(([name, entry]) => [name, Recipe.parse(entry)]),
);

/** @throws InputError that lists the recipes there are */
export function findRecipe(name: string): Recipe {
  const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
  if (recipe) return recipe;
  throw new InputError(
    `there is no recipe '${name}'; there are ${Object.keys(RECIPES).join(', ')}`,
  );
}

/** The network that a recipe trains: the Poisson loss is of rates, which are positive. */
export function architectureOf({ architecture, channels, loss }: Recipe): Architecture {
  return {
    ...ARCHITECTURES[architecture],
    ...(channels !== undefined && { channels }),
    ...(loss === 'poisson' && { output: 'softplus' }),
  };
}
