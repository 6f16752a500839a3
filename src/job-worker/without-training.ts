import { isDataJob } from '../datasets/data-jobs.js';
import { InputError } from '../errors.js';
import type { RunJob } from '../jobs/job-runner.js';

/** Runs all jobs but those of data, which may have been posted while the service trained: they fail. */
export function withoutTraining(run: RunJob): RunJob {
  return async (job, report, signal) => {
    if (!isDataJob(job.order.kind)) return await run(job, report, signal);
    throw new InputError('this service does not train: ALLOW_TRAINING=0; expected 1');
  };
}
