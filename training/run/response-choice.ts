import { findRecipe, recipeArchitecture } from '../../src/datasets/recipes.js';
import type { ResponseChoice } from '../../src/datasets/train-request.js';
import { InputError } from '../../src/errors.js';
import type { TrainingCard } from '../../src/models/card.js';
import { isShared } from '../../src/network/any-architecture.js';

/** What decides on which responses a training is. */
interface Decisive {
  /** `auto`: normalised, except with the Poisson loss and, for the paper's networks, of the four files of a site. */
  readonly responses: ResponseChoice;
  readonly recipe: string;
  readonly loss: TrainingCard['loss'];
  /** Of four files; undefined for a dataset. */
  readonly site?: string | undefined;
}

/**
 * Whether each neuron is trained on normalised responses. The paper's networks are trained on the four files of a site
 * as recorded, as the published code does.
 * @throws InputError where normalised responses are wanted with the Poisson loss
 */
export function chosenResponses({
  responses,
  recipe,
  loss,
  site,
}: Decisive): TrainingCard['responses'] {
  if (responses === 'normalised' && loss === 'poisson') {
    throw new InputError(
      '--responses normalised is used with --loss poisson; expected --responses recorded, since the Poisson loss is ' +
        'of counts, which are not negative',
    );
  }
  if (responses !== 'auto') return responses;
  if (loss === 'poisson') return 'recorded';
  const isPublished = site !== undefined && !isShared(recipeArchitecture(findRecipe(recipe)));
  return isPublished ? 'recorded' : 'normalised';
}
