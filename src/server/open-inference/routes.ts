import type { AppDependencies } from '../service.js';
import { inferRoutes } from './infer.js';
import { metadataRoutes } from './metadata.js';
import { statisticsRoutes } from './model-statistics.js';
import { repositoryRoutes } from './repository.js';

/**
 * The Open Inference Protocol, version 2, over HTTP, with Triton's extensions for binary tensors, the
 * repository, configuration, scheduling and statistics.
 */
export function protocolRoutes(deps: AppDependencies) {
  return [
    ...statisticsRoutes(deps), // has a path that would be a model's name
    ...metadataRoutes(deps),
    ...repositoryRoutes(deps),
    ...inferRoutes(deps),
  ];
}
