import type { ResponseChoice } from '../../src/datasets/train-request.js';
import { InputError } from '../../src/errors.js';
import type { TrainingCard } from '../../src/models/card.js';

/** What decides on which responses a training is. */
interface Decisive {
  /** `auto`: normalised, except of the four files of a site and with the Poisson loss. */
  readonly responses: ResponseChoice;
  readonly loss: TrainingCard['loss'];
  /** Of four files; undefined for a dataset. */
  readonly site?: string | undefined;
}

/**
 * Whether each neuron is trained on normalised responses. The four files of a site are trained as recorded, as the
 * published code does.
 * @throws InputError where normalised responses are wanted with the Poisson loss
 */
export function chosenResponses({ responses, loss, site }: Decisive): TrainingCard['responses'] {
  if (responses === 'normalised' && loss === 'poisson') {
    throw new InputError(
      '--responses normalised is used with --loss poisson; expected --responses recorded, since the Poisson loss is ' +
        'of counts, which are not negative',
    );
  }
  if (responses !== 'auto') return responses;
  return site === undefined && loss === 'mse' ? 'normalised' : 'recorded';
}
