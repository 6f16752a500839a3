import {
  CORE_NAMES,
  FIELD_NAMES,
  type FirstModel,
  OPTION_NAMES,
} from '../../src/datasets/first-model.js';
import type { Recipe } from '../../src/datasets/recipes.js';
import type { Fit } from '../../src/models/card.js';
import type { SavedModel } from '../../src/models/saved-model.js';
import type { Site } from '../data/site.js';

/** A training that begins with the networks of the same neurons in a saved model. */
export interface WarmStart extends Omit<FirstModel, 'card'> {
  readonly model: SavedModel;
}

/** How a warm start trains, by the measurements in docs/trials.md and, of a core that is kept, docs/networks.md. */
const FITS: Readonly<Record<Fit, Partial<Recipe>>> = {
  readout: { epochs: 50, learningRate: 3e-4, dropout: 0, frozen: [] },
  all: { epochs: 10, learningRate: 3e-4, dropout: 0 },
  core: { epochs: 30 },
};

/** The recipe with which a warm start trains. */
export function warmRecipe(recipe: Recipe, fit: Fit): Recipe {
  return { ...recipe, ...FITS[fit], after: undefined };
}

/**
 * The networks that a training begins with, for `checkFirstModel`.
 * @param asked where the training was asked for, which decides what messages call the model
 */
export function warmStart(model: SavedModel, fit: Fit, asked: 'command' | 'request'): WarmStart {
  const { folder, card } = model;
  return asked === 'command'
    ? { model, fit, place: folder, naming: fit === 'core' ? CORE_NAMES : OPTION_NAMES }
    : { model, fit, place: `${card.name}/${card.version}`, naming: FIELD_NAMES };
}

/** Warnings about what a training begins with. */
export function warmStartWarnings({
  from,
  site,
}: {
  readonly from: WarmStart | undefined;
  readonly site: Pick<Site, 'digests'>;
}): string[] {
  if (from === undefined || from.fit === 'core') return [];
  const { folder, card } = from.model;
  const known = 'data' in card.training ? Object.values(card.training.data.digests) : [];
  if (Object.values(site.digests).some((digest) => known.includes(digest))) return [];
  return [
    `${folder} was not trained on these data: a neuron is taken for the one with the same id there`,
  ];
}
