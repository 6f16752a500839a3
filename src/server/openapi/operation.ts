import type { z } from 'zod';
import type { Route } from '../route.js';

/** A route, as `POST /v1/stimuli`; the path in Hono's pattern. */
export type RouteName = `${Route['method']} /${string}`;

/** A body that is no JSON: a file, or numbers. */
export const BINARY = 'binary';

/** What a body is, by its media type. */
export type Content = Readonly<Record<string, z.ZodType | typeof BINARY>>;

/** A request header that a route reads, besides those that every route does. */
export interface RequestHeader {
  readonly description: string;
  readonly schema: z.ZodType;
}

export interface Answer {
  readonly description: string;
  readonly content?: Content;
  /** What headers it has, besides those of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * What is told of one route. Its path, its scope, and what routes of its kind have in common (see
 * `document.ts`) are not told again.
 */
export interface Operation {
  /** Its name in clients that are generated. */
  readonly id: string;
  readonly tag:
    | 'service'
    | 'models'
    | 'responses'
    | 'experiments'
    | 'jobs'
    | 'stimuli'
    | 'protocol';
  readonly summary: string;
  readonly description?: string;
  /** The schema that the route reads its query with. */
  readonly query?: z.ZodObject;
  readonly headers?: Readonly<Record<string, RequestHeader>>;
  readonly body?: { readonly required: boolean; readonly content: Content };
  /** By status, those that are no error. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of errors that are its own. */
  readonly errors?: readonly number[];
  /** It reads `X-Deadline-Ms`. */
  readonly deadline?: boolean;
}

export type Operations = Readonly<Record<RouteName, Operation>>;

/** What a model's route is told twice: for the latest version, and for each version by number. */
type ModelOperation<Method extends string, Tail extends string, Under extends string, Told> = {
  readonly [Name in
    | `${Method} ${Under}/models/:model${Tail}`
    | `${Method} ${Under}/models/:model/versions/:version${Tail}`]: Told;
};

/** The same of a model's route for the latest version and for each version by number. */
export function modelOperation<
  const Method extends Route['method'],
  const Tail extends string,
  const Told extends Operation,
  const Under extends '/v1' | '/v2' = '/v1',
>(
  method: Method,
  tail: Tail,
  operation: Told,
  under: Under = '/v1' as Under,
): ModelOperation<Method, Tail, Under, Told> {
  return {
    [`${method} ${under}/models/:model${tail}`]: operation,
    [`${method} ${under}/models/:model/versions/:version${tail}`]: {
      ...operation,
      id: `${operation.id}OfVersion`,
      summary: `${operation.summary} (one version)`,
    },
  } as ModelOperation<Method, Tail, Under, Told>;
}

/** A name for a schema, under which it stands once in the document. */
export function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), id });
}

/** An answer in JSON. */
export function json<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
): {
  readonly 200: Answer & { readonly content: { readonly 'application/json': Schema } };
} {
  return { 200: { description, content: { 'application/json': schema } } };
}
