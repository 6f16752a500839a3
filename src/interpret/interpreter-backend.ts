import type { EngineDescription } from '../inference/engine.js';
import { type BackendName, isBackendName } from '../network/backends/index.js';

/** The backend that computes gradients and attention: that of the engine if it has one, unless another is named. */
export function interpreterBackend(
  named: BackendName | 'auto',
  { name }: Pick<EngineDescription, 'name'>,
): BackendName {
  if (named !== 'auto') return named;
  return isBackendName(name) ? name : 'wasm';
}
