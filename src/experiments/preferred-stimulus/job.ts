import type { JobExperiment } from '../job.js';
import { preferredStimulusFiles } from './files.js';
import { planPreferredStimulus, runPreferredStimulus } from './preferred-stimulus.js';
import { PreferredStimulusRequest, PreferredStimulusResult } from './schemas.js';

/** The stimuli that neurons respond to most, found by gradient ascent. */
export const preferredStimulusJob = {
  kind: 'preferred-stimulus',
  request: PreferredStimulusRequest,
  result: PreferredStimulusResult,
  operationId: 'preferredStimulus',
  summary: 'Finds images that raise responses, by gradient ascent: a job',
  endings: ['json', 'npy', 'png'],
  interprets: true,
  stimulusSets: ({ stimulusSet }) => (stimulusSet === undefined ? [] : [stimulusSet]),
  prepare(subject, request, [set]) {
    const plan = planPreferredStimulus(subject, request, set);
    return {
      cost: plan.cost,
      run: async (context) =>
        preferredStimulusFiles(subject.model, await runPreferredStimulus(plan, context)),
    };
  },
} as const satisfies JobExperiment<
  'preferred-stimulus',
  typeof PreferredStimulusRequest,
  typeof PreferredStimulusResult
>;
