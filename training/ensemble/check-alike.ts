import { isDeepStrictEqual } from 'node:util';
import { InputError } from '../../src/errors.js';
import { MEMBERS, type ModelCard } from '../../src/models/card.js';
import { isImportedCard } from '../../src/models/native-card.js';
import { describeSize } from '../../src/network/stimulus-size.js';
import type { ChosenModel } from '../evaluation/models.js';

/** What members of an ensemble have in common, in words. */
const COMMON: Readonly<Record<string, (card: ModelCard) => unknown>> = {
  architecture: ({ architecture }) => architecture.id,
  'architecture in detail': ({ architecture }) => architecture,
  'size of images': ({ stimulus }) => describeSize(stimulus),
  'scale of pixels': ({ stimulus: { scale, offset } }) => `times ${scale} plus ${offset}`,
  unit: ({ response }) => response.unit,
  'number of neurons': ({ neurons }) => neurons.length,
  'order of neurons': ({ neurons }) => neurons.map(({ id }) => id).join(),
};

/**
 * Checks that models can be the members of one ensemble.
 * @throws InputError naming the model, and what it does not have in common with the first
 */
export function checkAlike(models: readonly ChosenModel[]): void {
  const [first] = models;
  if (first === undefined || models.length < MEMBERS.least || models.length > MEMBERS.most) {
    throw new InputError(
      `wrong number of models: ${models.length}; expected ${MEMBERS.least} to ${MEMBERS.most}, each with --model`,
    );
  }
  for (const { label, saved } of models) {
    if (saved.card.members) {
      throw new InputError(`${label} is an ensemble; expected a model of one seed`);
    }
    if (isImportedCard(saved.card)) {
      throw new InputError(
        `${label} is an imported network; expected models that train made, or import with --pytorch: export the mean ` +
          'of the networks as one graph instead, and import that',
      );
    }
    for (const [what, read] of Object.entries(COMMON)) {
      const [own, wanted] = [read(saved.card), read(first.saved.card)];
      if (isDeepStrictEqual(own, wanted)) continue;
      const values = [own, wanted].map((value) =>
        typeof value === 'object' ? JSON.stringify(value) : value,
      );
      throw new InputError(
        `${label} has another ${what}: ${values[0]}; expected ${values[1]}, as ${first.label} has`,
      );
    }
  }
}
