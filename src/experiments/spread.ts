import { type Ensemble, memberColumns, populationSize, reduceMembers } from '../models/members.js';
import { errorAt } from '../stimulus/errors.js';
import type { Stimuli } from '../stimulus/stimuli.js';
import type { ExperimentContext, Subject } from './context.js';

/**
 * Checks that a model can answer with spread where a request wants it.
 * @throws InputError where it is no ensemble
 */
export function checkSpread({ name, version, card }: Subject['model'], wanted = false): void {
  if (!wanted || card.members !== undefined) return;
  throw errorAt(
    'spread',
    `the model has no members: ${name}/${version}; expected an ensemble, which train --members or bundle makes`,
  );
}

/**
 * Computes the responses of an ensemble, and how far its members are apart.
 * @param columns of neurons
 * @returns [stimuli, neurons], row-major, both in the unit that the card states
 * @throws as `respond` of the context
 */
export async function respondWithSpread(
  { card }: Subject['model'],
  stimuli: Stimuli,
  columns: Int32Array,
  { respond }: Pick<ExperimentContext, 'respond'>,
): Promise<Ensemble> {
  const population = populationSize(card);
  const values = await respond(stimuli, memberColumns(population, columns));
  return reduceMembers(values, population.members);
}
