import { z } from 'zod';
import { prepareCharacterization } from '../battery/characterization.js';
import { characterizationFiles } from '../battery/characterization-answer.js';
import { CharacterizationBody } from '../battery/characterized.js';
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
    const body = await readJsonBody(c, deps, CharacterizationBody);
    // says what is wrong before it stands in line
    prepareCharacterization(service, model, body);
    return answerModelJob(c, deps, {
      kind: 'characterize',
      model,
      run: async (running) =>
        characterizationFiles(model, await service.battery(model, body, running)),
    });
  }
}
