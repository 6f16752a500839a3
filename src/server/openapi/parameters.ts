import { z } from 'zod';
import type { RequestHeader } from '../operation.js';
import { Milliseconds } from '../request.js';
import { isModelRoute, isRepeatable, type Route } from '../route.js';
import type { Json, Schemas } from './schemas.js';

/** Of every answer. */
export const ANSWER_HEADERS = {
  'X-Request-Id': "the request's own, or a new one",
  'Server-Timing': 'where the time went, in milliseconds',
};

/** Of errors, by status. */
export const ERROR_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'WWW-Authenticate': 'what key is needed' },
  403: { 'WWW-Authenticate': 'the scope that a key needs, where that is why' },
  415: { 'Accept-Post': 'the media types that are accepted' },
  429: { 'Retry-After': 'seconds after which it may be tried again' },
  503: { 'Retry-After': 'seconds, where trying again helps' },
};

const REQUEST_ID: RequestHeader = {
  description:
    'given back in the answer, and in the log: up to 128 characters of ASCII, else a new one',
  schema: z.string(),
};
const IF_MATCH: RequestHeader = {
  description: 'the digest of the model that must answer, in quotes, or *; 412 where it is another',
  schema: z.string(),
};
const DEADLINE: RequestHeader = {
  description: 'milliseconds that the client waits; 503 in place of a late answer',
  schema: Milliseconds,
};
const IDEMPOTENCY_KEY: RequestHeader = {
  description: 'the same key and request: the same answer, for an hour; another request: 422',
  schema: z.string().regex(/^[\x21-\x7e]{1,255}$/),
};

/** Path, query and headers of a route. */
export function describeParameters(route: Route, schemas: Schemas): Json[] {
  const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => {
    const { schema, description } = route.params![name]!;
    return { name, in: 'path', required: true, description, schema: schemas.of(schema, 'input') };
  });
  const headers = Object.entries(listHeaders(route)).map(([name, header]) => {
    const { description, schema } = header;
    return { name, in: 'header', description, schema: schemas.of(schema, 'input') };
  });
  return [...inPath, ...inQuery(route, schemas), ...headers];
}

function inQuery({ query }: Route, schemas: Schemas): Json[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = schemas.of(query, 'input');
  return Object.entries(properties as Record<string, Json>).map(([name, property]) => {
    const { description, ...schema } = property;
    return {
      name,
      in: 'query',
      required: (required as string[]).includes(name),
      ...(description === undefined ? {} : { description }),
      schema,
    };
  });
}

function listHeaders(route: Route): Readonly<Record<string, RequestHeader>> {
  return {
    'X-Request-Id': REQUEST_ID,
    ...(isModelRoute(route) ? { 'If-Match': IF_MATCH } : {}),
    ...(route.deadline ? { 'X-Deadline-Ms': DEADLINE } : {}),
    ...(isRepeatable(route) ? { 'Idempotency-Key': IDEMPOTENCY_KEY } : {}),
    ...route.headers,
  };
}
