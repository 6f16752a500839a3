import { z } from 'zod';
import packageFile from '../../../package.json' with { type: 'json' };
import type { ServedModel } from '../../inference/catalogue.js';
import { json, named } from '../operation.js';
import { modelRoute, route } from '../route.js';
import { answerLive, LIVE, readyCatalogue } from '../routes/health.js';
import type { AppDependencies, Service } from '../service.js';
import { modelTensors } from './model-tensors.js';

const SERVER = {
  name: 'hypercolumn',
  version: packageFile.version,
  extensions: [
    'binary_tensor_data',
    'model_configuration',
    'model_repository',
    'model_repository(unload_dependents)',
    'schedule_policy',
    'statistics',
  ],
};

const ServerAnswer = z.strictObject({
  name: z.string(),
  version: z.string(),
  extensions: z.array(z.string()),
});
const Tensor = named(
  'TensorMetadata',
  z.strictObject({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) }),
);
const ModelAnswer = z.strictObject({
  name: z.string(),
  versions: z.array(z.string()),
  platform: z.string(),
  inputs: z.array(Tensor),
  outputs: z.array(Tensor),
});
const ConfigTensor = { name: z.string(), data_type: z.string(), dims: z.array(z.int()) };
const ConfigAnswer = z.strictObject({
  name: z.string(),
  platform: z.string(),
  backend: z.string(),
  version_policy: z.strictObject({ all: z.strictObject({}) }),
  max_batch_size: z.int(),
  input: z.array(z.strictObject({ ...ConfigTensor, optional: z.boolean() })),
  output: z.array(z.strictObject(ConfigTensor)),
  parameters: z.record(z.string(), z.strictObject({ string_value: z.string() })),
});

const tag = 'protocol';

/** The metadata of the server and of its models, and whether they are ready. */
export function metadataRoutes(deps: AppDependencies) {
  return [...serverRoutes(deps), ...healthRoutes(deps), ...modelMetadataRoutes(deps)];
}

function serverRoutes(deps: AppDependencies) {
  const server = {
    method: 'GET',
    tag,
    summary: 'The server and its extensions',
    answers: json('Its metadata', ServerAnswer),
  } as const;
  const path = '/v2';
  return [
    route(deps, { ...server, path, id: 'serverMetadata' }, (c) => c.json(SERVER)),
    route(deps, { ...server, path: `${path}/`, id: 'serverMetadataWithSlash' }, (c) =>
      c.json(SERVER),
    ),
  ];
}

function healthRoutes(deps: AppDependencies) {
  const live = route(deps, { ...LIVE, path: '/v2/health/live', id: 'serverLive', tag }, answerLive);
  const ready = route(
    deps,
    {
      method: 'GET',
      path: '/v2/health/ready',
      scope: 'open',
      id: 'serverReady',
      tag,
      summary: 'Are the models loaded and verified',
      answers: json('They are', z.strictObject({ ready: z.literal(true) })),
      errors: [503],
    },
    (c) => {
      readyCatalogue(deps);
      return c.json({ ready: true });
    },
  );
  return [live, ready];
}

function modelMetadataRoutes(deps: AppDependencies) {
  const metadata = modelRoute(
    deps,
    {
      method: 'GET',
      path: '/v2/models/:model',
      id: 'modelMetadata',
      tag,
      summary: "A model's tensors",
      answers: json('Its metadata', ModelAnswer),
    },
    (c, { model, service }) => c.json(describeModel(model, service)),
  );
  const ready = modelRoute(
    deps,
    {
      method: 'GET',
      path: '/v2/models/:model/ready',
      id: 'modelReady',
      tag,
      summary: 'Is a model ready',
      answers: json('It is', z.strictObject({ name: z.string(), ready: z.literal(true) })),
    },
    (c, { model }) => c.json({ name: model.name, ready: true }),
  );
  const config = modelRoute(
    deps,
    {
      method: 'GET',
      path: '/v2/models/:model/config',
      id: 'modelConfig',
      tag,
      summary: "A model's configuration in Triton's terms",
      answers: json('Its configuration', ConfigAnswer),
    },
    (c, { model, service }) => c.json(describeConfig(model, service)),
  );
  return [...metadata, ...ready, ...config];
}

function describeModel({ name, card }: ServedModel, service: Service) {
  const { inputs, outputs } = modelTensors(card);
  const { served } = service.catalogue;
  const versions = served.filter((model) => model.name === name);
  return {
    name,
    versions: versions.map(({ version }) => String(version)),
    platform: formatPlatform(service),
    inputs: inputs.map(({ optional: _, ...tensor }) => tensor),
    outputs,
  };
}

/** In the terms of Triton's model configuration. */
function describeConfig({ name, digest, card }: ServedModel, service: Service) {
  const { inputs, outputs } = modelTensors(card);
  const texts = {
    digest,
    architecture: card.architecture.id,
    neurons: card.neurons.map(({ id }) => id).join(','),
    unit: card.response.unit,
  };
  return {
    name,
    platform: formatPlatform(service),
    backend: SERVER.name,
    version_policy: { all: {} },
    // the first axis counts the stimuli; it is part of the shapes
    max_batch_size: 0,
    input: inputs.map(({ name, datatype, shape, optional }) => ({
      name,
      data_type: `TYPE_${datatype}`,
      dims: shape,
      optional,
    })),
    output: outputs.map(({ name, datatype, shape }) => ({
      name,
      data_type: `TYPE_${datatype}`,
      dims: shape,
    })),
    parameters: Object.fromEntries(
      Object.entries(texts).map(([key, text]) => [key, { string_value: text }]),
    ),
  };
}

function formatPlatform({ engine }: Service): string {
  return `${SERVER.name}_${engine.name}`;
}
