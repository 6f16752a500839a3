import { z } from 'zod';
import {
  BINARY,
  json,
  modelOperation,
  named,
  type Operation,
  type Operations,
} from '../openapi/operation.js';
import { REPORT_HEADERS } from '../openapi/parts.js';
import { InferBody } from './infer-body.js';
import { IndexBody, LoadBody, UnloadBody } from './repository.js';

const Tensor = named(
  'TensorMetadata',
  z.strictObject({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) }),
);
const ConfigTensor = {
  name: z.string(),
  data_type: z.string(),
  dims: z.array(z.int()),
};
const Duration = named('Duration', z.strictObject({ count: z.int(), ns: z.int() }));
const compute = {
  compute_input: Duration,
  compute_infer: Duration,
  compute_output: Duration,
};
const Statistics = z.strictObject({
  model_stats: z.array(
    named(
      'ModelStatistics',
      z.strictObject({
        name: z.string(),
        version: z.string(),
        last_inference: z.int(),
        inference_count: z.int(),
        execution_count: z.int(),
        inference_stats: z.strictObject({
          ...{ success: Duration, fail: Duration, queue: Duration },
          ...compute,
          ...{ cache_hit: Duration, cache_miss: Duration },
        }),
        batch_stats: z.array(z.strictObject({ batch_size: z.int(), ...compute })),
      }),
    ),
  ),
});
const Index = z.array(
  named(
    'RepositoryEntry',
    z.strictObject({
      name: z.string(),
      version: z.string(),
      state: z.enum(['READY', 'UNAVAILABLE']),
      reason: z.string(),
    }),
  ),
);
const Inference = named(
  'Inference',
  z.strictObject({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters: z
      .strictObject({ warnings: z.string().describe('as X-Stimulus-Warnings has them') })
      .optional(),
    outputs: z.array(
      z.strictObject({
        name: z.string(),
        datatype: z.literal('FP32'),
        shape: z.array(z.int()),
        data: z.array(z.number()),
      }),
    ),
  }),
);

const tag = 'protocol';
const server = (id: string): Operation => ({
  id,
  tag,
  summary: 'The server and its extensions',
  answers: json(
    'Its metadata',
    z.strictObject({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
  ),
});

export const protocolOperations = {
  'GET /v2': server('serverMetadata'),
  'GET /v2/': server('serverMetadataWithSlash'),
  'GET /v2/health/live': {
    id: 'serverLive',
    tag,
    summary: 'Is the process alive',
    answers: json('It is', z.strictObject({ live: z.literal(true) })),
  },
  'GET /v2/health/ready': {
    id: 'serverReady',
    tag,
    summary: 'Are the models loaded and verified',
    answers: json('They are', z.strictObject({ ready: z.literal(true) })),
    errors: [503],
  },
  ...modelOperation(
    'GET',
    '',
    {
      id: 'modelMetadata',
      tag,
      summary: "A model's tensors",
      answers: json(
        'Its metadata',
        z.strictObject({
          name: z.string(),
          versions: z.array(z.string()),
          platform: z.string(),
          inputs: z.array(Tensor),
          outputs: z.array(Tensor),
        }),
      ),
    },
    '/v2',
  ),
  ...modelOperation(
    'GET',
    '/ready',
    {
      id: 'modelReady',
      tag,
      summary: 'Is a model ready',
      answers: json('It is', z.strictObject({ name: z.string(), ready: z.literal(true) })),
    },
    '/v2',
  ),
  ...modelOperation(
    'GET',
    '/config',
    {
      id: 'modelConfig',
      tag,
      summary: "A model's configuration in Triton's terms",
      answers: json(
        'Its configuration',
        z.strictObject({
          name: z.string(),
          platform: z.string(),
          backend: z.string(),
          version_policy: z.strictObject({ all: z.strictObject({}) }),
          max_batch_size: z.int(),
          input: z.array(z.strictObject({ ...ConfigTensor, optional: z.boolean() })),
          output: z.array(z.strictObject(ConfigTensor)),
          parameters: z.record(z.string(), z.strictObject({ string_value: z.string() })),
        }),
      ),
    },
    '/v2',
  ),
  'GET /v2/models/stats': {
    id: 'statistics',
    tag,
    summary: 'What was asked of all models',
    answers: json('Their statistics', Statistics),
  },
  ...modelOperation(
    'GET',
    '/stats',
    {
      id: 'modelStatistics',
      tag,
      summary: 'What was asked of a model',
      answers: json('Its statistics', Statistics),
    },
    '/v2',
  ),
  ...modelOperation(
    'POST',
    '/infer',
    {
      id: 'infer',
      tag,
      summary: 'Stimuli in, responses out, as tensors',
      description:
        'One input `stimulus` [n, height, width], FP32 (0..1) or UINT8 (0..255), and perhaps ' +
        '`neurons` [k], INT32; one output `responses` [n, k], FP32. A binary body is the JSON, then ' +
        'the tensors; with a header length of 0 it is the stimuli alone, as float32.',
      deadline: true,
      headers: {
        'Inference-Header-Content-Length': {
          description: 'bytes of the JSON in a binary body, once it is decompressed',
          schema: z.string().regex(/^\d{1,10}$/),
        },
      },
      body: {
        required: true,
        content: {
          'application/json': named('InferenceRequest', InferBody),
          'application/octet-stream': BINARY,
        },
      },
      answers: {
        200: {
          description: 'Responses',
          content: { 'application/json': Inference, 'application/octet-stream': BINARY },
          headers: {
            ...REPORT_HEADERS,
            'Inference-Header-Content-Length': 'bytes of the JSON, where tensors follow it',
          },
        },
      },
    },
    '/v2',
  ),
  'POST /v2/repository/index': {
    id: 'repositoryIndex',
    tag,
    summary: 'Every version of every model, and whether it is served',
    body: { required: false, content: { 'application/json': IndexBody } },
    answers: json('The versions', Index),
  },
  'POST /v2/repository/models/:model/load': {
    id: 'loadModel',
    tag,
    summary: 'Loads what is in the folder of a model now',
    body: { required: false, content: { 'application/json': LoadBody } },
    answers: json('Its versions', Index),
  },
  'POST /v2/repository/models/:model/unload': {
    id: 'unloadModel',
    tag,
    summary: 'Serves a model no longer',
    body: { required: false, content: { 'application/json': UnloadBody } },
    answers: json('Its versions', Index),
  },
} as const satisfies Operations;
