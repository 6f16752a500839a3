import { z } from 'zod';
import { ModelCard } from '../../models/card.js';
import { json, modelOperation, named, type Operations } from '../openapi/operation.js';
import { Digest } from '../openapi/parts.js';

const Version = {
  version: z.int().positive(),
  ready: z.boolean(),
  architecture: z.string().optional(),
  neurons: z.int().optional(),
  digest: Digest.optional(),
  reason: z.string().optional().describe('why it, or what is in its folder now, is not served'),
};
const ModelSummary = named('ModelSummary', z.strictObject(Version));

export const serviceOperations = {
  'GET /': {
    id: 'index',
    tag: 'service',
    summary: 'What there is; to browsers, the page to look at neurons',
    answers: {
      200: {
        description: 'The routes, and what each does; the page where `Accept` asks for HTML',
        content: {
          'application/json': z.strictObject({
            service: z.string(),
            about: z.string(),
            routes: z.record(z.string(), z.string()),
            versions: z.string(),
          }),
          'text/html': z.string(),
        },
      },
    },
  },
  'GET /assets/:asset': {
    id: 'pageAsset',
    tag: 'service',
    summary: 'What that page is made of',
    answers: {
      200: {
        description: 'A file',
        content: {
          'text/javascript': z.string(),
          'text/css': z.string(),
          'image/svg+xml': z.string(),
        },
      },
    },
  },
  'GET /openapi.json': {
    id: 'openapi',
    tag: 'service',
    summary: 'This document',
    answers: json('OpenAPI 3.1', z.record(z.string(), z.unknown())),
  },
  'GET /docs': {
    id: 'docs',
    tag: 'service',
    summary: 'A page to try all of this with',
    answers: { 200: { description: 'The page', content: { 'text/html': z.string() } } },
  },
  'GET /docs/:file': {
    id: 'docsFile',
    tag: 'service',
    summary: 'What that page is made of',
    answers: {
      200: {
        description: 'A file',
        content: { 'text/javascript': z.string(), 'text/css': z.string() },
      },
    },
  },
  'GET /livez': {
    id: 'live',
    tag: 'service',
    summary: 'Is the process alive',
    answers: json('It is', z.strictObject({ live: z.literal(true) })),
  },
  'GET /readyz': {
    id: 'ready',
    tag: 'service',
    summary: 'Are the models loaded and verified',
    answers: json(
      'They are',
      z.strictObject({ ready: z.literal(true), models: z.int(), unusable: z.int() }),
    ),
    errors: [503],
  },
  'GET /metrics': {
    id: 'metrics',
    tag: 'service',
    summary: 'Counts and times, for Prometheus',
    answers: { 200: { description: 'Its text format', content: { 'text/plain': z.string() } } },
  },
  'GET /v1/models': {
    id: 'listModels',
    tag: 'models',
    summary: 'The models',
    answers: json(
      'By name, with all versions',
      z.strictObject({
        models: z.array(
          z.strictObject({ name: z.string(), ...Version, versions: z.array(ModelSummary) }),
        ),
        engine: z.strictObject({ name: z.string(), device: z.string() }),
      }),
    ),
  },
  ...modelOperation('GET', '', {
    id: 'card',
    tag: 'models',
    summary: "A model's card",
    answers: json(
      'Its card',
      named('Card', z.strictObject({ digest: Digest, ...ModelCard.shape })),
    ),
  }),
} as const satisfies Operations;
