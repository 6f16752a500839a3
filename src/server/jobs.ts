import type { Jobs } from '../jobs/jobs.js';
import { type JobOrder, type JobPriority, JobView } from '../jobs/record.js';
import { answerJson } from './answer.js';
import type { AppContext } from './context.js';
import { requireService, withoutPaths } from './models.js';
import { named, type Operation } from './operation.js';
import { Problem, problemFrom } from './problem.js';
import type { AppDependencies } from './service.js';

export const Job = named('Job', JobView);

/** The answers to a request that becomes a job. */
export const ACCEPTED = {
  202: {
    description: 'It is queued; its state is at its Location',
    content: { 'application/json': Job },
    headers: { Location: 'where the job is' },
  },
} as const satisfies Operation['answers'];

/** @throws Problem 503 while the models are being loaded, and where nothing can be kept on disk */
export function requireJobs(deps: AppDependencies): Jobs {
  const { jobs } = requireService(deps);
  if ('unusable' in jobs) {
    throw new Problem(503, `no job can be kept: ${withoutPaths(jobs.unusable)}`);
  }
  return jobs;
}

/**
 * Answers a request with a job: 202, and where it is found.
 * @throws JobsFullError, JobsClosedError
 */
export async function answerJob(
  c: AppContext,
  deps: AppDependencies,
  order: JobOrder,
  priority: JobPriority,
): Promise<Response> {
  const { id: requestId, span } = c.get('request');
  const { traceparent } = span;
  const origin = { requestId, ...(traceparent !== undefined && { traceparent }) };
  const job = await requireJobs(deps).submit(order, priority, origin);
  c.get('log').job = job.id;
  c.header('Location', `/v1/jobs/${job.id}`);
  return answerJson(c, deps.clock, () => job, 202);
}

/** The reason for a client why a job failed; undefined for a bug. */
export function explainFailure(error: unknown): string | undefined {
  const { status, message } = problemFrom(error);
  return status === 500 ? undefined : message;
}
