import { z } from 'zod';
import { ModelName } from '../models/card.js';
import type { ModelRequest } from './body/presented.js';
import { readJsonBody } from './body/read-body.js';
import type { AppContext } from './context.js';
import { negotiate } from './formats.js';
import type { Scope } from './middleware/api-keys.js';
import { acquireModel, requireService } from './models.js';
import type { Operation, PathParameter } from './operation.js';
import { readDeadline, readQuery } from './request.js';
import type { AppDependencies } from './service.js';

export type Handler = (c: AppContext) => Response | Promise<Response>;

/** One route of the interface, with its part of the OpenAPI document. */
export interface Route extends Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In Hono's pattern, which is also the route's name in the metrics. */
  readonly path: string;
  /** The scope that an API key needs; `predict` where it is left out. An `open` route needs no key. */
  readonly scope?: Scope | 'open';
  /** Whether its results are computed in float32, whatever the precision in which the engine computes responses. */
  readonly isExact?: boolean;
  readonly handler: Handler;
}

/** A route without its handler. */
export type RouteDeclaration = Omit<Route, 'handler'>;

/** A request, as far as the declaration of its route says how to read it. */
export interface RouteRequest<Of> {
  /** The query, read with the route's schema; undefined where the route has none. */
  readonly query: Of extends { query: infer Query extends z.ZodType } ? z.output<Query> : undefined;
  /** The media type of the answer: the one of the route's types for 200 that `Accept` prefers. */
  readonly mediaType: Of extends { answers: { 200: { content: infer Types } } }
    ? keyof Types
    : undefined;
  /**
   * Reads the body with the route's schema for `application/json`; an empty body is an empty object.
   * @throws as `readJsonBody`
   */
  readonly readJson: () => Promise<
    Of extends { body: { content: { 'application/json': infer Body extends z.ZodType } } }
      ? z.output<Body>
      : never
  >;
}

/** A request to a model, as far as the declaration of its route says how to read it. */
export type RequestToModel<Of> = RouteRequest<Of> & ModelRequest<RouteRequest<Of>['query']>;

type Handle<Request> = (c: AppContext, request: Request) => Response | Promise<Response>;

/**
 * Declares a route: its requests are read with the schemas from which its part of the OpenAPI document
 * and of the typed client come.
 * @example
 * route(
 *   deps,
 *   {
 *     method: 'GET',
 *     path: '/v1/sum',
 *     id: 'sum',
 *     tag: 'service',
 *     summary: 'Adds two numbers',
 *     query: z.strictObject({ a: WholeNumber, b: WholeNumber }),
 *     answers: json('The sum', z.int()),
 *   },
 *   (c, { query }) => c.json(query.a + query.b),
 * );
 */
export function route<const Of extends RouteDeclaration>(
  deps: AppDependencies,
  declaration: Of,
  handle: Handle<RouteRequest<Of>>,
): Of & { readonly handler: Handler } {
  return { ...declaration, handler: (c) => handle(c, readRequest(c, deps, declaration)) };
}

/**
 * Declares a route of a model, which exists for the latest version and for each version by number.
 * @param declaration with the path for the latest version, such as `/v1/models/:model/stream`
 */
export function modelRoute<const Of extends RouteDeclaration & { path: ModelPath }>(
  deps: AppDependencies,
  declaration: Of,
  handle: Handle<RequestToModel<Of>>,
): ModelRoutes<Of>[] {
  const params = { model: MODEL, ...declaration.params };
  const handler: Handler = async (c) => {
    const service = requireService(deps);
    const model = await acquireModel(c, service, declaration.isExact);
    const request = readRequest(c, deps, declaration);
    const deadline = declaration.deadline ? readDeadline(c) : undefined;
    return await handle(c, { service, model, deadline, ...request });
  };
  const ofVersion = {
    path: declaration.path.replace('/:model', '/:model/versions/:version'),
    id: `${declaration.id}OfVersion`,
    summary: `${declaration.summary} (one version)`,
    params: { ...params, version: VERSION },
  };
  const routes = [
    { ...declaration, params, handler },
    { ...declaration, ...ofVersion, handler },
  ];
  return routes as unknown as ModelRoutes<Of>[];
}

type ModelPath = `/${'v1' | 'v2'}/models/:model${string}`;

type ModelRoutes<Of extends { path: string }> =
  | (Of & { readonly handler: Handler })
  | (Omit<Of, 'path'> & { readonly path: VersionPath<Of['path']>; readonly handler: Handler });

type VersionPath<Path extends string> = Path extends `${infer Head}/:model${infer Tail}`
  ? `${Head}/:model/versions/:version${Tail}`
  : never;

export const MODEL: PathParameter = { schema: ModelName, description: 'the name of a model' };
const VERSION: PathParameter = {
  schema: z.int().positive(),
  description: 'one of its versions',
};

function readRequest<Of extends RouteDeclaration>(
  c: AppContext,
  deps: AppDependencies,
  { query, body, answers }: Of,
): RouteRequest<Of> {
  const schema = body?.content['application/json'];
  const types = Object.keys(answers[200]?.content ?? {});
  const request = {
    query: query && readQuery(c, query),
    mediaType: types.length > 0 ? negotiate(c, types) : undefined,
    readJson: () => readJsonBody(c, deps, schema as z.ZodType),
  };
  return request as RouteRequest<Of>;
}

/** Whether a route takes an `Idempotency-Key`. */
export function isRepeatable({ method, path }: Pick<Route, 'method' | 'path'>): boolean {
  return method === 'POST' && path.startsWith('/v1/');
}

/** Whether a route is of a model that is there, whose digest `If-Match` may name. */
export function isModelRoute({ path }: Pick<Route, 'path'>): boolean {
  return /\/models\/:model(?!\/import$)/.test(path) && !path.includes('/repository/');
}
