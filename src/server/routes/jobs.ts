import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { DATA_JOBS } from '../../datasets/data-jobs.js';
import { JOB_EXPERIMENTS } from '../../experiments/job-experiments.js';
import { findMediaType, isOver, JobId, type JobView } from '../../jobs/record.js';
import { answerJson } from '../answer.js';
import type { AppContext } from '../context.js';
import { negotiate } from '../formats.js';
import { followJob, LAST_EVENT } from '../job-events.js';
import { Job, requireJobs } from '../jobs.js';
import { BINARY, json } from '../operation.js';
import { Problem } from '../problem.js';
import { route } from '../route.js';
import type { AppDependencies } from '../service.js';

const Event = z.object({
  event: z.enum(['state', 'progress', 'preview']),
  data: z
    .string()
    .describe(
      'JSON: the job; of a preview, `neuron`, `shape` (images, height, width) and `pixels` (a byte ' +
        'each, in base64) of what a search for preferred stimuli has so far',
    ),
  id: z
    .string()
    .optional()
    .describe(`of the state that the event has; ${LAST_EVENT} where the job is over`),
});

const NoQuery = z.strictObject({});
const params = { id: { schema: JobId, description: 'the id of a job' } };

/** Long work: its state, its result, its end. */
export function jobRoutes(deps: AppDependencies) {
  return [listJobs(deps), readJob(deps), jobEvents(deps), jobResult(deps), endJob(deps)];
}

function listJobs(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/jobs',
      id: 'listJobs',
      tag: 'jobs',
      summary: 'The state of each job, newest first',
      query: NoQuery,
      answers: json('All that are kept', z.strictObject({ jobs: z.array(Job) })),
    },
    async (c) => {
      const jobs = await requireJobs(deps).list();
      return answerJson(c, deps.clock, () => ({ jobs }));
    },
  );
}

function readJob(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/jobs/:id',
      params,
      id: 'job',
      tag: 'jobs',
      summary: 'The state of a job',
      query: NoQuery,
      answers: json('The job', Job),
    },
    async (c) => {
      const job = await findJob(c, deps);
      return answerJson(c, deps.clock, () => job);
    },
  );
}

function jobEvents(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/jobs/:id/events',
      params,
      id: 'jobEvents',
      tag: 'jobs',
      summary: 'The state of a job at every change, as server-sent events',
      description:
        'Events `state` and `progress`, whose data is the job, and `preview` with what it has so far; ' +
        'it ends with the job.',
      query: NoQuery,
      headers: {
        'Last-Event-ID': {
          description: 'the id of the last event that the client has: it gets what came after it',
          schema: z.string(),
        },
      },
      answers: {
        200: { description: 'Events', content: { 'text/event-stream': Event } },
        204: { description: 'Nothing has come since' },
      },
    },
    async (c) => {
      const job = await findJob(c, deps);
      // An EventSource connects again when a stream ends; 204 says that there is no more.
      const last = c.req.header('Last-Event-ID');
      if (isOver(job) && last === LAST_EVENT) return c.body(null, 204);
      if (c.req.method === 'HEAD') {
        return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
      }
      const { promise, resolve } = promiseOfEnd();
      c.get('request').lasting = promise;
      const jobs = requireJobs(deps);
      return streamSSE(c, (stream) =>
        followJob({ jobs, id: job.id, stream, last, cut: deps.cut }).finally(resolve),
      );
    },
  );
}

function jobResult(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'GET',
      path: '/v1/jobs/:id/result',
      params,
      id: 'jobResult',
      tag: 'jobs',
      summary: 'What a job found',
      description: 'The part that `part` names, or the first of the type that `Accept` names.',
      query: z.strictObject({ part: z.string().optional() }),
      answers: {
        200: {
          description: 'A part of the result',
          content: {
            'application/json': z.union(
              [...JOB_EXPERIMENTS, ...DATA_JOBS].map(({ result }) => result),
            ),
            'text/csv': z.string(),
            'application/x-npy': BINARY,
            'image/png': BINARY,
          },
          headers: { 'Content-Disposition': 'the name of the part' },
        },
      },
      errors: [409, 410],
    },
    async (c, { query }) => {
      const job = await findJob(c, deps);
      const part = choosePart(c, job, query.part);
      const bytes = await requireJobs(deps).readPart(job.id, part);
      return c.body(bytes, 200, {
        'Content-Type': findMediaType(part.name),
        'Content-Disposition': `inline; filename="${part.name}"`,
      });
    },
  );
}

function endJob(deps: AppDependencies) {
  return route(
    deps,
    {
      method: 'DELETE',
      path: '/v1/jobs/:id',
      params,
      id: 'endJob',
      tag: 'jobs',
      summary: 'Cancels a job; deletes one that is over',
      query: NoQuery,
      answers: { ...json('It is cancelled', Job), 204: { description: 'It is deleted' } },
    },
    async (c) => {
      const jobs = requireJobs(deps);
      const { id } = await findJob(c, deps);
      if (await jobs.cancel(id)) {
        const cancelled = await findJob(c, deps);
        return answerJson(c, deps.clock, () => cancelled);
      }
      if (!(await jobs.remove(id))) throw unknown(id);
      return c.body(null, 204);
    },
  );
}

/** The part of a result that a name, or else `Accept`, chooses. */
function choosePart(c: AppContext, job: JobView, name: string | undefined) {
  if (job.state !== 'succeeded') {
    const remedy = isOver(job) ? `: ${job.reason}` : `; GET /v1/jobs/${job.id}/events waits for it`;
    throw new Problem(409, `the job has no result, it is ${job.state}${remedy}`);
  }
  const type = negotiate(
    c,
    job.result.map((each) => findMediaType(each.name)),
  );
  const part = job.result.find((each) =>
    name === undefined ? findMediaType(each.name) === type : each.name === name,
  );
  if (part !== undefined) return part;
  const names = job.result.map((each) => each.name).join(', ');
  throw new Problem(404, `unknown part of the result: '${name}'; expected one of ${names}`);
}

async function findJob(c: AppContext, deps: AppDependencies): Promise<JobView> {
  const id = c.req.param('id') ?? '';
  const job = JobId.safeParse(id).success ? await requireJobs(deps).find(id) : undefined;
  if (job === undefined) throw unknown(id);
  return job;
}

function promiseOfEnd() {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function unknown(id: string): Problem {
  return new Problem(404, `unknown job: '${id}'; expected one that GET /v1/jobs lists`);
}
