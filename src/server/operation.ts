import type { z } from 'zod';

/** A body in binary: a file, or numbers. */
export const BINARY = 'binary';

/** The schemas of a body, by media type. */
export type Content = Readonly<Record<string, z.ZodType | typeof BINARY>>;

/** A request header that a route reads, besides those that every route does. */
export interface RequestHeader {
  readonly description: string;
  readonly schema: z.ZodType;
}

export interface Answer {
  readonly description: string;
  readonly content?: Content;
  /** Its headers, besides those of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A part of the path. */
export interface PathParameter {
  readonly description: string;
  readonly schema: z.ZodType;
}

/**
 * What a route takes and answers. What all routes of the same kind (/v1, /v2, models) share, such as the
 * answer to a missing key, is added by `openapi/document.ts`.
 */
export interface Operation {
  /** Its name in generated clients. */
  readonly id: string;
  readonly tag:
    | 'service'
    | 'models'
    | 'responses'
    | 'experiments'
    | 'jobs'
    | 'training'
    | 'stimuli'
    | 'protocol';
  readonly summary: string;
  readonly description?: string;
  /** By name: each `:name` of the path. */
  readonly params?: Readonly<Record<string, PathParameter>>;
  /** The schema that the route reads its query with. */
  readonly query?: z.ZodObject;
  readonly headers?: Readonly<Record<string, RequestHeader>>;
  readonly body?: { readonly required: boolean; readonly content: Content };
  /** The answers that are no error, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of errors, besides those that all routes of its kind have. */
  readonly errors?: readonly number[];
  /** Whether it reads `X-Deadline-Ms`. */
  readonly deadline?: boolean;
}

/** Names a schema, which is then once in the OpenAPI document. */
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
