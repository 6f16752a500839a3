import { findRecipe, recipeArchitecture } from '../../src/datasets/recipes.js';
import { InputError } from '../../src/errors.js';
import { isShared } from '../../src/network/any-architecture.js';
import type { ModelRequest } from './model-request.js';

/**
 * Checks that neurons that share a core are trained together.
 * @param neurons how many are trained
 * @throws InputError naming the option that would divide them
 */
export function checkUndivided(
  {
    recipe,
    shard,
    chunk,
    shards,
  }: Pick<ModelRequest, 'recipe'> &
    Partial<Pick<ModelRequest, 'shard' | 'chunk'>> & { readonly shards?: number },
  neurons: number,
): void {
  if (!isShared(recipeArchitecture(findRecipe(recipe)))) return;
  const [divided] = [
    ...(shards === undefined ? [] : [`--shards ${shards}`]),
    ...(shard === undefined ? [] : [`--shard ${shard.index}/${shard.of}`]),
    ...(chunk === undefined || chunk >= neurons ? [] : [`--chunk ${chunk}`]),
  ];
  if (divided === undefined) return;
  throw new InputError(
    `${divided} is used with --recipe ${recipe}; expected it without: all neurons share one core`,
  );
}
