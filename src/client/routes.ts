import { hc, type InferResponseType } from 'hono/client';
import type { Contract } from '../server/contract.js';

/** Sends a request; as `fetch`. */
export type Send = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Where requests are sent, and what sends them. */
export interface Sender {
  /** The address of the service, without a trailing slash. */
  readonly origin: string;
  readonly send: Send;
}

/** All routes of the service by their paths, such as `routes.v1.models.$get()`. */
export type Routes = ReturnType<typeof hc<Contract>>;

export function routesOf({ origin, send }: Sender): Routes {
  return hc<Contract>(origin, { fetch: send });
}

type ModelRoutes = Routes['v1']['models'][':model']['versions'][':version'];

type JobResult = InferResponseType<Routes['v1']['jobs'][':id']['result']['$get']>;

/** What the service answers, as JSON. */
export interface Answers {
  readonly models: InferResponseType<Routes['v1']['models']['$get']>;
  readonly card: InferResponseType<ModelRoutes['$get']>;
  readonly tuning: InferResponseType<ModelRoutes['tuning']['parametric']['$post']>;
  readonly job: InferResponseType<Routes['v1']['jobs'][':id']['$get']>;
  readonly preferredStimuli: Extract<JobResult, { readonly restarts: number }>;
}
