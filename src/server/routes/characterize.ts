import { z } from 'zod';
import { planCharacterization } from '../../experiments/characterize/characterize.js';
import { characterizationFiles } from '../../experiments/characterize/files.js';
import { CharacterizationRequest } from '../../experiments/characterize/schemas.js';
import { readJsonBody } from '../body/read-body.js';
import { answerModelJob } from '../jobs.js';
import { modelOf, serviceOf } from '../models.js';
import { readQuery } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import type { AppContext } from '../trace.js';

/** The full battery of gratings, for each neuron: a job. */
export function characterizeRoutes(deps: AppDependencies): Route[] {
  return modelRoute('POST', '/characterize', characterize);

  async function characterize(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    const body = await readJsonBody(c, deps, CharacterizationRequest);
    // A request that cannot be run is rejected before it waits.
    planCharacterization({ model }, body);
    return answerModelJob(c, deps, {
      kind: 'characterize',
      model,
      run: async (context) =>
        characterizationFiles(model, await service.characterize(model, body, context)),
    });
  }
}
