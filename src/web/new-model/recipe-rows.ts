import type { InferResponseType } from 'hono/client';
import type { ExpectedSeconds } from '../../datasets/expected-times.js';
import { seconds } from '../parts/numbers.js';
import type { Service } from '../service/service.js';

export type Recipe = InferResponseType<
  Service['client']['v1']['recipes']['$get']
>['recipes'][number];

/** A recipe in words. */
export interface RecipeRow {
  readonly name: string;
  readonly text: string;
  /** How long it takes on the machine of the service, or why it cannot be chosen. */
  readonly time: string;
  readonly fits: boolean;
}

/**
 * Describes the recipes.
 * @param expectedSeconds of each recipe with its own epochs; null where the times are not known
 * @param epochs instead of those of a recipe; null for these
 * @param members models that are trained one after another
 */
export function recipeRows(
  recipes: readonly Recipe[],
  expectedSeconds: Readonly<ExpectedSeconds> | null,
  epochs: number | null,
  members = 1,
): RecipeRow[] {
  return recipes.map((recipe) => {
    const { name, description, after } = recipe;
    const before = after === null ? '' : `, after ${after}, which is trained first`;
    const text = `${description}${before}; ${epochs ?? recipe.epochs} epochs`;
    if (expectedSeconds === null) return { name, text, time: 'time unknown', fits: true };
    const all = expectedSeconds[name];
    if (all === undefined) return { name, text, time: 'not for images of this size', fits: false };
    const time = `about ${seconds((members * all * (epochs ?? recipe.epochs)) / recipe.epochs)}`;
    return { name, text, time, fits: true };
  });
}

/** Makes a name that a model may have of the name of a dataset. */
export function modelName(dataset: string): string {
  const letters = dataset.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return letters.slice(0, MAX_NAME) || 'model';
}

const MAX_NAME = 64;
