import { isDeepStrictEqual } from 'node:util';
import { type Recipe, recipeArchitecture } from '../../src/datasets/recipes.js';
import { InputError } from '../../src/errors.js';
import type { Fit } from '../../src/models/card.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import type { StimulusSize } from '../../src/network/parameters.js';
import type { Site } from '../data/site.js';

/** A training that begins with the networks of the same neurons in a saved model. */
export interface WarmStart {
  readonly model: SavedModel;
  readonly fit: Fit;
}

/** How a warm start trains, by the measurements in docs/trials.md. */
const FITS: Readonly<Record<Fit, Partial<Recipe>>> = {
  readout: { epochs: 50, learningRate: 3e-4, dropout: 0, frozen: [] },
  all: { epochs: 10, learningRate: 3e-4, dropout: 0 },
};

/** The recipe with which a warm start trains. */
export function warmRecipe(recipe: Recipe, fit: Fit): Recipe {
  return { ...recipe, ...FITS[fit], after: undefined };
}

/**
 * Checks that the networks of a model can be what a training begins with.
 * @param name of the recipe
 * @param size of the images of the training
 * @param neurons ids of those that are trained
 * @throws InputError naming what differs
 */
export function checkWarmStart(
  { model: { folder, card } }: WarmStart,
  name: string,
  recipe: Recipe,
  size: StimulusSize,
  neurons: readonly number[],
): void {
  const { id: _, ...own } = card.architecture;
  const wanted = recipeArchitecture(recipe);
  const key = (Object.keys(wanted) as (keyof typeof wanted)[]).find(
    (each) => !isDeepStrictEqual(own[each], wanted[each]),
  );
  if (key !== undefined) {
    throw new InputError(
      `--from ${folder} has another architecture: ${key} ${own[key]}; expected ${wanted[key]}, as in ` +
        `${name}: choose the recipe of that model${'recipe' in card.training ? `, ${card.training.recipe}` : ''}`,
    );
  }
  const { height, width, scale, offset } = card.stimulus;
  if (height !== size.height || width !== size.width) {
    throw new InputError(
      `--from ${folder} has images of another size: ${height}x${width}; expected ` +
        `${size.height}x${size.width}, as in the data`,
    );
  }
  if (scale !== 1 || offset !== 0) {
    throw new InputError(
      `--from ${folder} has pixels on another scale: times ${scale} plus ${offset}; expected a model ` +
        'that train made, whose networks see pixels of 0 to 1',
    );
  }
  const known = new Set(card.neurons.map(({ id }) => id));
  const unknown = neurons.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  const others = unknown.length > 1 ? `, nor of ${unknown.length - 1} others` : '';
  throw new InputError(
    `--from ${folder} has no network of neuron ${unknown[0]}${others}; expected one of each neuron that is ` +
      'trained: leave it out with --neurons, or train it without --from',
  );
}

/** Warnings about what a training begins with. */
export function warmStartWarnings({
  from,
  site,
}: {
  readonly from: WarmStart | undefined;
  readonly site: Pick<Site, 'digests'>;
}): string[] {
  if (from === undefined) return [];
  const { folder, card } = from.model;
  const known = 'data' in card.training ? Object.values(card.training.data.digests) : [];
  if (Object.values(site.digests).some((digest) => known.includes(digest))) return [];
  return [
    `${folder} was not trained on these data: a neuron is taken for the one with the same id there`,
  ];
}
