import { accepts } from 'hono/accepts';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { isOver, JobId, type JobView, mediaTypeOf } from '../../jobs/record.js';
import { answerJson } from '../answer.js';
import { jobsOf } from '../jobs.js';
import { Problem } from '../problem.js';
import { readQuery } from '../request.js';
import type { Route } from '../route.js';
import type { AppDependencies } from '../service.js';
import type { AppContext } from '../trace.js';

/** Milliseconds of silence after which a comment keeps the connection open. */
const HEARTBEAT = 15_000;
/** The id of a job's last event: whoever comes back with it has missed nothing. */
const LAST_EVENT = 'end';

const NoQuery = z.strictObject({});
export const ResultQuery = z.strictObject({ part: z.string().optional() });

/** Long work: how it stands, its result, its end. */
export function jobRoutes(deps: AppDependencies): Route[] {
  const { clock } = deps;
  const one = '/v1/jobs/:id';
  return [
    { method: 'GET', path: '/v1/jobs', handler: list },
    { method: 'GET', path: one, handler: get },
    { method: 'GET', path: `${one}/events`, handler: events },
    { method: 'GET', path: `${one}/result`, handler: result },
    { method: 'DELETE', path: one, handler: remove },
  ];

  function list(c: AppContext): Response {
    readQuery(c, NoQuery);
    const jobs = jobsOf(deps).list();
    return answerJson(c, clock, () => ({ jobs }));
  }

  function get(c: AppContext): Response {
    readQuery(c, NoQuery);
    const job = find(c);
    return answerJson(c, clock, () => job);
  }

  function events(c: AppContext): Response {
    readQuery(c, NoQuery);
    const job = find(c);
    // to an EventSource, which asks again when a stream ends, 204 says that there is no more
    if (isOver(job) && c.req.header('Last-Event-ID') === LAST_EVENT) return c.body(null, 204);
    if (c.req.method === 'HEAD') return c.body(null, 200, { 'Content-Type': 'text/event-stream' });
    const { promise, resolve } = promiseOfEnd();
    c.get('trace').lasting = promise;
    return streamSSE(c, (stream) => follow(job.id, stream).finally(resolve));
  }

  /**
   * Tells how a job stands and what it has so far, then of each change; changes faster than the client
   * reads become one.
   */
  async function follow(id: string, stream: SSEStreamingApi): Promise<void> {
    const jobs = jobsOf(deps);
    let changed = false;
    let wake = () => {};
    const alert = () => {
      changed = true;
      wake();
    };
    const stopWatching = jobs.watch(id, alert);
    stream.onAbort(alert);
    deps.cut.addEventListener('abort', alert);
    try {
      let state: string | undefined;
      for (
        let job = jobs.find(id);
        job && !stream.aborted && !deps.cut.aborted;
        job = jobs.find(id)
      ) {
        changed = false;
        await tell(stream, job, job.state === state ? 'progress' : 'state');
        if (isOver(job)) return;
        state = job.state;
        const preview = jobs.preview(id);
        if (preview) await stream.writeSSE({ event: 'preview', data: preview() });
        while (!changed) {
          await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, HEARTBEAT);
            wake = () => {
              clearTimeout(timer);
              resolve();
            };
          });
          if (!changed) await stream.write(': still there\n\n');
        }
      }
    } finally {
      stopWatching();
      deps.cut.removeEventListener('abort', alert);
    }
  }

  function tell(stream: SSEStreamingApi, job: JobView, event: string): Promise<void> {
    const last = isOver(job) ? { id: LAST_EVENT } : {};
    return stream.writeSSE({ event, data: JSON.stringify(job), ...last });
  }

  async function result(c: AppContext): Promise<Response> {
    const { part: name } = readQuery(c, ResultQuery);
    const job = find(c);
    if (job.state !== 'succeeded') {
      const remedy = isOver(job)
        ? `: ${job.reason}`
        : `; GET /v1/jobs/${job.id}/events waits for it`;
      throw new Problem(409, `the job has no result, it is ${job.state}${remedy}`);
    }
    const type = accepts(c, {
      header: 'Accept',
      supports: job.result.map((each) => mediaTypeOf(each.name)),
      default: mediaTypeOf(job.result[0]!.name),
    });
    const part = job.result.find((each) =>
      name === undefined ? mediaTypeOf(each.name) === type : each.name === name,
    );
    if (part === undefined) {
      const names = job.result.map((each) => each.name).join(', ');
      throw new Problem(404, `unknown part of the result: '${name}'; expected one of ${names}`);
    }
    const bytes = await jobsOf(deps).readPart(job.id, part);
    return c.body(bytes, 200, {
      'Content-Type': mediaTypeOf(part.name),
      'Content-Disposition': `inline; filename="${part.name}"`,
    });
  }

  /** Cancels a job that is not over; deletes one that is. */
  async function remove(c: AppContext): Promise<Response> {
    readQuery(c, NoQuery);
    const jobs = jobsOf(deps);
    const { id } = find(c);
    if (await jobs.cancel(id)) {
      const cancelled = find(c);
      return answerJson(c, clock, () => cancelled);
    }
    if (!(await jobs.remove(id))) throw unknown(id);
    return c.body(null, 204);
  }

  function find(c: AppContext): JobView {
    const id = c.req.param('id') ?? '';
    const job = JobId.safeParse(id).success ? jobsOf(deps).find(id) : undefined;
    if (job === undefined) throw unknown(id);
    return job;
  }
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
