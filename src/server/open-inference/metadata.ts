import packageFile from '../../../package.json' with { type: 'json' };
import type { ServedModel } from '../../inference/catalogue.js';
import { modelOf, serviceOf } from '../models.js';
import { modelRoute, type Route } from '../route.js';
import { readyCatalogue } from '../routes/health.js';
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

/** What the server and its models say of themselves, and whether they are ready. */
export function metadataRoutes(deps: AppDependencies): Route[] {
  return [
    ...['/v2', '/v2/'].map(
      (path): Route => ({ method: 'GET', path, handler: (c) => c.json(SERVER) }),
    ),
    {
      method: 'GET',
      path: '/v2/health/live',
      scope: 'open',
      handler: (c) => c.json({ live: true }),
    },
    {
      method: 'GET',
      path: '/v2/health/ready',
      scope: 'open',
      handler: (c) => {
        readyCatalogue(deps);
        return c.json({ ready: true });
      },
    },
    ...modelRoute(
      'GET',
      '',
      (c) => {
        const service = serviceOf(deps);
        return c.json(metadataOf(modelOf(c, service), service));
      },
      '/v2',
    ),
    ...modelRoute(
      'GET',
      '/ready',
      (c) => {
        const { name } = modelOf(c, serviceOf(deps));
        return c.json({ name, ready: true });
      },
      '/v2',
    ),
    ...modelRoute(
      'GET',
      '/config',
      (c) => {
        const service = serviceOf(deps);
        return c.json(configOf(modelOf(c, service), service));
      },
      '/v2',
    ),
  ];
}

function metadataOf({ name, card }: ServedModel, service: Service) {
  const { inputs, outputs } = modelTensors(card);
  const { served } = service.catalogue;
  const versions = served.filter((model) => model.name === name);
  return {
    name,
    versions: versions.map(({ version }) => String(version)),
    platform: platformOf(service),
    inputs: inputs.map(({ optional: _, ...tensor }) => tensor),
    outputs,
  };
}

/** In the terms of Triton's model configuration. */
function configOf({ name, digest, card }: ServedModel, service: Service) {
  const { inputs, outputs } = modelTensors(card);
  const texts = {
    digest,
    architecture: card.architecture.id,
    neurons: card.neurons.map(({ id }) => id).join(','),
    unit: card.response.unit,
  };
  return {
    name,
    platform: platformOf(service),
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

function platformOf({ engine }: Service): string {
  return `${SERVER.name}_${engine.name}`;
}
