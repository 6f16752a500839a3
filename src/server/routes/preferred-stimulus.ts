import { z } from 'zod';
import { canvasOf } from '../../experiments/canvas.js';
import { preferredStimulusFiles } from '../../experiments/preferred-stimulus/files.js';
import {
  planPreferredStimulus,
  runPreferredStimulus,
} from '../../experiments/preferred-stimulus/preferred-stimulus.js';
import { PreferredStimulusRequest } from '../../experiments/preferred-stimulus/schemas.js';
import { resolveStored } from '../../stimulus/decode.js';
import { readJsonBody } from '../body/read-body.js';
import { answerModelJob } from '../jobs.js';
import { modelOf, serviceOf } from '../models.js';
import { readQuery } from '../request.js';
import { modelRoute, type Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import { storedStimuli } from '../stored.js';
import { type AppContext, timed } from '../trace.js';

/** The stimuli that neurons respond to most, found by gradient ascent: a job. */
export function preferredStimulusRoutes(deps: AppDependencies): Route[] {
  const { clock, limits } = deps;
  return modelRoute('POST', '/preferred-stimulus', search);

  async function search(c: AppContext): Promise<Response> {
    const service = serviceOf(deps);
    const model = modelOf(c, service);
    readQuery(c, z.strictObject({}));
    const body = await readJsonBody(c, deps, PreferredStimulusRequest);
    const { stimulusSet } = body;
    const options = { target: canvasOf(model), limits, fit: 'none', dtype: undefined } as const;
    const set =
      stimulusSet === undefined
        ? undefined
        : await timed(c, clock, 'decode', () =>
            resolveStored({ named: { digest: stimulusSet } }, options, storedStimuli(deps)),
          );
    const plan = planPreferredStimulus({ model, limits }, body, set?.stimuli);
    return answerModelJob(c, deps, {
      kind: 'preferred-stimulus',
      model,
      run: async (context) =>
        preferredStimulusFiles(model, await runPreferredStimulus(plan, context)),
    });
  }
}
