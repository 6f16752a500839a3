import type { JobExperiment } from '../job.js';
import { planCharacterization, runCharacterization } from './characterize.js';
import { characterizationFiles } from './files.js';
import { CharacterizationRequest, CharacterizationResult } from './schemas.js';

/** The characterization of neurons as a job. */
export const characterizeJob = {
  kind: 'characterize',
  request: CharacterizationRequest,
  result: CharacterizationResult,
  operationId: 'characterize',
  summary: 'Characterizes neurons with gratings: a job',
  endings: ['csv', 'json'],
  interprets: false,
  stimulusSets: () => [],
  prepare({ model }, request) {
    const plan = planCharacterization({ model }, request);
    return {
      cost: plan.cost,
      run: async (context) =>
        characterizationFiles(model, await runCharacterization(plan, context)),
    };
  },
} as const satisfies JobExperiment<
  'characterize',
  typeof CharacterizationRequest,
  typeof CharacterizationResult
>;
