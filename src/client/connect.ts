import { createJob, type Job } from './job.js';
import { accepted } from './problem.js';
import { type Answers, type Routes, routesOf, type Send } from './routes.js';
import { createSend } from './send.js';
import { createTwin, type Twin } from './twin.js';

export interface ConnectOptions {
  /** An API key, where the service needs one. */
  readonly key?: string;
  /** How often a request is sent again where the service is busy or away; 4 by default. */
  readonly retries?: number;
  /** What sends requests; `fetch` of the runtime by default. */
  readonly fetch?: Send;
}

/** A service that is connected. */
export interface Service {
  /** Its address, without a trailing slash. */
  readonly url: string;
  /** All routes by their paths, typed, such as `routes.v1.models.$get()`; as `hc` of `hono/client`. */
  readonly routes: Routes;
  /** Lists its models. @throws Problem */
  models(): Promise<Answers['models']['models']>;
  /**
   * A model by its name.
   * @param version the latest by default
   * @throws Problem 404 where there is no such model
   */
  twin(model: string, version?: number): Promise<Twin>;
  /** A job by its id, such as one that an earlier program started. @throws Problem */
  job(id: string): Promise<Job>;
}

/**
 * Connects to a service. Nothing is sent yet.
 * @example
 * const service = connect('http://127.0.0.1:8080');
 * const twin = await service.twin('demo');
 * const { values, shape } = await twin.respond({ grating: { orientation: 45 } });
 */
export function connect(url = 'http://127.0.0.1:8080', options: ConnectOptions = {}): Service {
  const { key, retries = 4, fetch: fetchWith = (...request) => fetch(...request) } = options;
  const origin = url.replace(/\/+$/, '');
  const send = createSend({ key, retries, fetch: fetchWith });
  const sender = { origin, send };
  const routes = routesOf(sender);
  return {
    url: origin,
    routes,
    async models() {
      const answer = await accepted(routes.v1.models.$get());
      return (await answer.json()).models;
    },
    async twin(model, version) {
      const place = `${origin}/v1/models/${encodeURIComponent(model)}`;
      const answer = await accepted(
        send(version === undefined ? place : `${place}/versions/${version}`),
      );
      return createTwin({ ...sender, routes, key }, (await answer.json()) as Answers['card']);
    },
    async job(id) {
      const answer = await accepted(routes.v1.jobs[':id'].$get({ param: { id } }));
      return createJob(sender, await answer.json());
    },
  };
}
