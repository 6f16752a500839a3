import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../errors.js';
import type { Fit, ModelCard } from '../models/card.js';
import { isShared } from '../network/any-architecture.js';
import { isImported } from '../network/imported/architecture.js';
import { channelsOf, type StimulusSize } from '../network/stimulus-size.js';
import { type Recipe, recipeArchitecture } from './recipes.js';

/** The model that a training begins with, and the words for it in messages. */
export interface FirstModel {
  readonly card: ModelCard;
  /** Such as `models/tang/2`. */
  readonly place: string;
  /** What is fitted of it. */
  readonly fit: Fit;
  readonly naming: Naming;
}

/** What the parts of a request for a training are called where it is made. */
interface Naming {
  readonly from: string;
  readonly neurons: string;
}

export const OPTION_NAMES: Naming = { from: '--from', neurons: '--neurons' };
export const CORE_NAMES: Naming = { from: '--core', neurons: '--neurons' };
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
 * Checks that the networks of a model can be what a training begins with, or that it can keep the model's core.
 * @throws InputError naming what differs: the architecture, the scale of the images, or, except of a core, their size or
 *   a neuron
 * @example
 * const model = { card, place: 'tang/2', fit: 'all', naming: FIELD_NAMES } as const;
 * const recipe = findRecipe('rf_cnn');
 * checkFirstModel(model, { name: 'rf_cnn', recipe, size: { height: 50, width: 50 }, neurons: [0, 1] });
 */
export function checkFirstModel(
  { card, place, fit, naming }: FirstModel,
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
  const what = isShared(architecture) ? 'a shared core' : 'a network for each neuron';
  if (fit === 'core' && !(isShared(architecture) && isShared(wanted))) {
    const found = isShared(architecture) ? `a shared core, which ${name} has not` : what;
    throw reject(`${found}; expected a shared core that a training of its own recipe keeps`);
  }
  if (fit !== 'core' && (isShared(architecture) || isShared(wanted))) {
    const cure = isShared(architecture) && isShared(wanted) ? ', or one that keeps the core' : '';
    throw reject(
      `${what}, with which no training of ${name} can begin; expected a training without it${cure}`,
    );
  }
  const { id: _, ...own } = architecture;
  const parts = new Map(Object.entries(own));
  const differing = Object.entries(wanted).find(
    ([key, value]) => !isDeepStrictEqual(parts.get(key), value),
  );
  if (differing !== undefined) {
    const [key, value] = differing;
    throw reject(
      `another architecture: ${key} ${parts.get(key)}; expected ${value}, as in ` +
        `${name}: choose the recipe of that model${'recipe' in card.training ? `, ${card.training.recipe}` : ''}`,
    );
  }
  const { height, width, channels, scale, offset } = card.stimulus;
  if (channels !== channelsOf(size)) {
    const kinds = { 1: 'gray images', 3: 'images in colour' } as const;
    throw reject(`${kinds[channels]}; expected ${kinds[channelsOf(size)]}, as in the data`);
  }
  if (fit !== 'core' && (height !== size.height || width !== size.width)) {
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
  if (fit === 'core') return; // its readouts are new
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
