import { STATUS_CODES } from 'node:http';
import packageFile from '../../../package.json' with { type: 'json' };
import { HEALTH_ROUTES } from '../middleware/admission.js';
import type { Scope } from '../middleware/api-keys.js';
import { isProtocolPath } from '../open-inference/error.js';
import { type Answer, BINARY, type Content, type Operation } from '../operation.js';
import { isModelRoute, isRepeatable, type Route } from '../route.js';
import { ANSWER_HEADERS, describeParameters, ERROR_HEADERS } from './parameters.js';
import { ProblemAnswer, ProtocolError } from './problems.js';
import { createSchemas, type Json, type Schemas } from './schemas.js';

const SECURITY = 'bearer';
const SCOPE_TEXT: Readonly<Record<Scope, string>> = {
  predict: 'sends requests to models',
  admin: 'changes which are served, imports networks, and deletes',
  metrics: 'reads the metrics',
  train: 'uploads recordings, trains models on them, and deletes both',
};

/** Every tag, and the purpose of its routes. */
const TAGS: Readonly<Record<Operation['tag'], string>> = {
  service: 'The service itself: is it up, what has it done, what does it offer.',
  models: 'The models that are served.',
  responses: 'Stimuli in, responses out.',
  experiments: 'Whole experiments: tuning, receptive fields, attention, preferred stimuli.',
  jobs: 'Long work: its state, its results, its end.',
  training: 'Recordings in, models out.',
  stimuli: 'Stimuli: rendered, and stored to be named by their digest.',
  protocol: 'The Open Inference Protocol, version 2, for clients of Triton and KServe.',
};

/** The OpenAPI 3.1 document of the routes, from the schemas that they read requests with. */
export function openapiDocument(routes: readonly Route[]): Json {
  const schemas = createSchemas();
  const paths: Record<string, Record<string, Json>> = {};
  const errors = new Map<string, Json>();
  for (const route of routes) {
    for (const status of listErrors(route)) {
      const name = errorName(status, route);
      if (!errors.has(name)) errors.set(name, errorObject(status, route, schemas));
    }
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: operationObject(route, schemas),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Hypercolumn',
      version: packageFile.version,
      description: packageFile.description,
      license: { name: packageFile.license, identifier: packageFile.license },
    },
    // where the document itself is, behind whatever prefix
    servers: [{ url: './' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        [SECURITY]: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key of API_KEYS_FILE, where the service was started with one; else none is needed. ' +
            Object.entries(SCOPE_TEXT)
              .map(([scope, text]) => `Scope \`${scope}\` ${text}.`)
              .join(' '),
        },
      },
      responses: Object.fromEntries(errors),
      schemas: schemas.components(),
    },
  };
}

function operationObject(route: Route, schemas: Schemas): Json {
  const { id, tag, summary, description, scope = 'predict', body, answers } = route;
  const needs = scope === 'open' ? undefined : `Needs a key with the scope \`${scope}\`.`;
  const text = [description, needs].filter((part) => part !== undefined).join('\n\n');
  const answered = Object.entries(answers).map(([status, answer]) => {
    return [status, answerObject(answer, isModelRoute(route), schemas)] as const;
  });
  const errors = listErrors(route).map((status) => {
    return [
      String(status),
      { $ref: `#/components/responses/${errorName(status, route)}` },
    ] as const;
  });
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(text === '' ? {} : { description: text }),
    parameters: describeParameters(route, schemas),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.required,
            content: contentObject(body.content, schemas, 'input'),
          },
        }),
    // A route may describe an error itself.
    responses: Object.fromEntries([...errors, ...answered]),
    // a service without a file of keys needs none
    security: scope === 'open' ? [] : [{ [SECURITY]: [scope] }, {}],
  };
}

/** The errors that routes of this kind have in common, and its own. */
function listErrors(route: Route): number[] {
  const { path, scope, body, query, deadline, errors = [] } = route;
  const isGuarded = scope !== 'open';
  // The health routes answer even beyond the limits of connections.
  const isLimited = !HEALTH_ROUTES.has(path);
  return [
    ...new Set([
      // for pages of other origins, and for host names that are not the service's
      ...[403, 421, 500],
      ...(isGuarded ? [401] : []),
      ...(isGuarded || isLimited ? [429, 503] : []),
      ...(query || deadline ? [400] : []),
      ...(body ? [400, 408, 413, 415, 422] : []),
      ...(path.includes(':') ? [404] : []),
      ...(isModelRoute(route) ? [412] : []),
      ...(isRepeatable(route) ? [400, 422] : []),
      ...errors,
    ]),
  ].toSorted((a, b) => a - b);
}

function answerObject(answer: Answer, ofModel: boolean, schemas: Schemas): Json {
  const headers = {
    ...ANSWER_HEADERS,
    ...(ofModel
      ? {
          ETag: 'the digest of the model that answered, with a precision that is not float32, such as .int8, in quotes',
        }
      : {}),
    ...answer.headers,
  };
  return {
    description: answer.description,
    headers: headerObjects(headers),
    ...(answer.content ? { content: contentObject(answer.content, schemas, 'output') } : {}),
  };
}

/** All errors of a status have the same schema. */
function errorName(status: number, { path }: Route): string {
  return `${isProtocolPath(path) ? 'ProtocolError' : 'Problem'}${status}`;
}

function errorObject(status: number, route: Route, schemas: Schemas): Json {
  const content: Content = isProtocolPath(route.path)
    ? { 'application/json': ProtocolError }
    : { 'application/problem+json': ProblemAnswer };
  return {
    description: STATUS_CODES[status] ?? String(status),
    headers: headerObjects({ ...ANSWER_HEADERS, ...ERROR_HEADERS[status] }),
    content: contentObject(content, schemas, 'output'),
  };
}

function headerObjects(headers: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

function contentObject(content: Content, schemas: Schemas, io: 'input' | 'output'): Json {
  return Object.fromEntries(
    Object.entries(content).map(([type, schema]) => [
      type,
      { schema: schema === BINARY ? { type: 'string', format: 'binary' } : schemas.of(schema, io) },
    ]),
  );
}
