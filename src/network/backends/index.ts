import type { BackendDefinition } from './definition.js';
import { tensorflow } from './tensorflow/tensorflow.js';
import { wasm } from './wasm/wasm.js';
import { webgpu } from './webgpu/webgpu.js';

/** In the order of preference. Another one is a file below this folder and a line here. */
export const BACKENDS = {
  tensorflow,
  webgpu,
  wasm,
} satisfies Readonly<Record<string, BackendDefinition>>;
export type BackendName = keyof typeof BACKENDS;
export const BACKEND_NAMES = Object.keys(BACKENDS) as readonly BackendName[];

export function isBackendName(name: string): name is BackendName {
  return Object.hasOwn(BACKENDS, name);
}
