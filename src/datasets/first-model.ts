import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../errors.js';
import type { ModelCard } from '../models/card.js';
import { isShared } from '../network/any-architecture.js';
import { isImported } from '../network/imported/architecture.js';
import type { StimulusSize } from '../network/parameters.js';
import { type Recipe, recipeArchitecture } from './recipes.js';

/** The model that a training begins with, and the words for it in messages. */
export interface FirstModel {
  readonly card: ModelCard;
  /** Such as `models/tang/2`. */
  readonly place: string;
  readonly naming: Naming;
}

/** What the parts of a request for a training are called where it is made. */
interface Naming {
  readonly from: string;
  readonly neurons: string;
}

export const OPTION_NAMES: Naming = { from: '--from', neurons: '--neurons' };
export const FIELD_NAMES: Naming = { from: 'from', neurons: 'neurons' };

/** What is trained. */
interface WantedTraining {
  /** Of the recipe. */
  readonly name: string;
  readonly recipe: Recipe;
  /** Of the images, in pixels. */
  readonly size: StimulusSize;
  /** Ids of the neurons that get a network. */
  readonly neurons: readonly number[];
}

/**
 * Checks that the networks of a model can be what a training begins with.
 * @throws InputError naming what differs: the architecture, the size or the scale of the images, or a neuron
 * @example
 * const model = { card, place: 'tang/2', naming: FIELD_NAMES };
 * const recipe = findRecipe('rf_cnn');
 * checkFirstModel(model, { name: 'rf_cnn', recipe, size: { height: 50, width: 50 }, neurons: [0, 1] });
 */
export function checkFirstModel(
  { card, place, naming }: FirstModel,
  { name, recipe, size, neurons }: WantedTraining,
): void {
  const reject = (what: string) => {
    const message = `${naming.from} ${place} has ${what}`;
    return new InputError(message, [{ path: 'from', message }]);
  };
  if (card.members) {
    throw reject(
      `${card.members.length} members; expected a model of one seed, with whose networks a training can begin`,
    );
  }
  const wanted = recipeArchitecture(recipe);
  const { architecture } = card;
  if (isImported(architecture)) {
    throw reject('an imported network, with which no training begins; expected another model');
  }
  if (isShared(architecture) || isShared(wanted)) {
    const what = isShared(architecture) ? 'a shared core' : 'a network for each neuron';
    throw reject(
      `${what}, with which no training of ${name} can begin; expected a training without it`,
    );
  }
  const { id: _, ...own } = architecture;
  const key = (Object.keys(wanted) as (keyof typeof wanted)[]).find(
    (each) => !isDeepStrictEqual(own[each], wanted[each]),
  );
  if (key !== undefined) {
    throw reject(
      `another architecture: ${key} ${own[key]}; expected ${wanted[key]}, as in ` +
        `${name}: choose the recipe of that model${'recipe' in card.training ? `, ${card.training.recipe}` : ''}`,
    );
  }
  const { height, width, scale, offset } = card.stimulus;
  if (height !== size.height || width !== size.width) {
    throw reject(
      `images of another size: ${height}x${width}; expected ${size.height}x${size.width}, as in the data`,
    );
  }
  if (scale !== 1 || offset !== 0) {
    throw reject(
      `pixels on another scale: times ${scale} plus ${offset}; expected a model that train made, ` +
        'whose networks see pixels of 0 to 1',
    );
  }
  const known = new Set(card.neurons.map(({ id }) => id));
  const unknown = neurons.filter((id) => !known.has(id));
  if (unknown.length === 0) return;
  const others = unknown.length > 1 ? `, nor of ${unknown.length - 1} others` : '';
  throw reject(
    `no network of neuron ${unknown[0]}${others}; expected one of each neuron that is trained: ` +
      `leave it out with ${naming.neurons}, or train it without ${naming.from}`,
  );
}

/** The recipe with which a model was trained. @throws InputError where another program trained it */
export function recipeOf({ name, version, training }: ModelCard): string {
  if ('recipe' in training) return training.recipe;
  const message = `${name}/${version} was made without a recipe; expected one in the request`;
  throw new InputError(message, [{ path: 'recipe', message }]);
}
