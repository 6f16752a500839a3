import { z } from 'zod';
import { InputError } from '../../src/input-error.js';
import { ArchitectureId } from '../../src/network/architectures.js';

/** How a population is trained. */
export const Recipe = z.strictObject({
  architecture: ArchitectureId,
  epochs: z.int().positive(),
  batchSize: z.int().min(2),
  /** Probability with which a channel is dropped. */
  dropout: z.number().min(0).lt(1),
});
export type Recipe = z.infer<typeof Recipe>;

/** The paper's: Adam on the mean squared error, 50 epochs of batches of 50, dropout 0.3. */
const paper = { epochs: 50, batchSize: 50, dropout: 0.3 } as const;

/** By name. Networks that learn in stages are not among them. */
export const RECIPES: Readonly<Record<string, Recipe>> = {
  ff_cnn: { architecture: 'ff_cnn', ...paper },
  rf_cnn: { architecture: 'rf_cnn', ...paper },
  ff_sa_cnn: { architecture: 'ff_sa_cnn', ...paper },
  rf_sa_cnn: { architecture: 'rf_sa_cnn', ...paper },
  rf_sa_cnn_star_simul: { architecture: 'rf_sa_cnn_star_simul', ...paper },
  ff_sa_cnn_star_simul: { architecture: 'ff_sa_cnn_star_simul', ...paper },
  /** The model that comes with the project. */
  demo: { architecture: 'ff_sa_cnn', ...paper, epochs: 20 },
};

/** @throws InputError that lists the recipes there are */
export function findRecipe(name: string): Recipe {
  const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
  if (recipe) return recipe;
  throw new InputError(
    `there is no recipe '${name}'; there are ${Object.keys(RECIPES).join(', ')}`,
  );
}
