import { z } from 'zod';
import type { JobExperiment } from '../../experiments/job.js';
import { JOB_EXPERIMENTS, orderJob, prepareJob } from '../../experiments/job-experiments.js';
import { JobPriority } from '../../jobs/record.js';
import { ACCEPTED, answerJob, requireJobs } from '../jobs.js';
import { modelRoute } from '../route.js';
import type { AppDependencies } from '../service.js';
import { storedStimuli } from '../store.js';
import { timed } from '../timing.js';

/** Each experiment that is a job. */
export function experimentJobRoutes(deps: AppDependencies) {
  const routes = JOB_EXPERIMENTS.flatMap((experiment: JobExperiment) =>
    experimentJob(deps, experiment),
  );
  return routes as unknown as RoutesOf<(typeof JOB_EXPERIMENTS)[number]>[];
}

/** Keeps the types of the experiments apart, for the typed client. */
type RoutesOf<Experiment extends JobExperiment> = Experiment extends JobExperiment
  ? ReturnType<typeof experimentJob<Experiment>>[number]
  : never;

function experimentJob<Experiment extends JobExperiment>(
  deps: AppDependencies,
  experiment: Experiment,
) {
  const kind: Experiment['kind'] = experiment.kind;
  const request: Experiment['request'] = experiment.request;
  return modelRoute(
    deps,
    {
      method: 'POST',
      path: `/v1/models/:model/${kind}`,
      id: experiment.operationId,
      tag: 'experiments',
      summary: experiment.summary,
      isExact: true,
      query: z.strictObject({ priority: JobPriority.default('normal') }),
      body: { required: false, content: { 'application/json': request } },
      answers: ACCEPTED,
      errors: [507],
    },
    async (c, { model, query, readJson }) => {
      requireJobs(deps); // Throws before the request is read, where no job can be kept.
      const askedBy = c.get('request').keyName ?? null;
      const order = orderJob(experiment, model, await readJson(), askedBy);
      // A job that cannot be run is rejected before it waits.
      await prepareJob(order, {
        model,
        limits: deps.limits,
        readStimulusSet: storedStimuli(deps),
        time: (stage, task) => timed(c, deps.clock, stage, task),
      });
      return answerJob(c, deps, order, query.priority);
    },
  );
}
