import { expect, test } from 'vitest';
import { findRecipe, RECIPES, recipeArchitecture } from '../../src/datasets/recipes.js';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import { parameterSpecifications } from '../../src/network/parameters.js';

const SIZE = { height: 50, width: 50 };

/** Numbers of trainable parameters in the table of the paper. */
const LEARNED: Record<ArchitectureId, number> = {
  ff_cnn: 46_017,
  rf_cnn: 28_865,
  ff_sa_cnn: 41_267,
  // The projections of values and outputs do not count, since nothing reads them.
  rf_sa_cnn: 26_147 - 155 - 180,
  rf_sa_cnn_star_simul: 26_147,
  rf_sa_cnn_star_incr: 2_717,
  ff_sa_cnn_star_simul: 28_547,
  ff_sa_cnn_star_incr_fc1: 2_404,
  ff_sa_cnn_star_incr_fc2: 2_431,
};

test.each(ArchitectureId.options)(
  '%s has a recipe of its name that learns the published parameters',
  (id) => {
    const recipe = findRecipe(id);
    expect(recipe.architecture).toBe(id);
    const learned = parameterSpecifications(recipeArchitecture(recipe), SIZE).filter(
      ({ role, name }) =>
        role === 'learned' && !recipe.frozen.some((start) => name.startsWith(start)),
    );
    const count = learned.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(count).toBe(LEARNED[id]);
  },
);

test('a recipe freezes parameters exactly when it continues another one, with the same channels', () => {
  for (const recipe of Object.values(RECIPES)) {
    expect(recipe.frozen.length > 0).toBe(recipe.after !== undefined);
    if (recipe.after === undefined) continue;
    const before = recipeArchitecture(findRecipe(recipe.after));
    expect(before.channels).toBe(recipeArchitecture(recipe).channels);
  }
});
