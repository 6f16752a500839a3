import { existsSync } from 'node:fs';
import { type CpuEngineOptions, createCpuEngine } from '../../src/inference/cpu-engine.js';
import type { Engine } from '../../src/inference/engine.js';
import { kernelAddon } from './capabilities.js';

const COMPILED = new URL('../../dist/src/inference/', import.meta.url);

/** The compiled modules that the threads of an engine run. */
export const ENTRIES = {
  entry: new URL('onnx/session-worker.js', COMPILED),
  preparingEntry: new URL('preparing-worker.js', COMPILED),
};

/** An engine as the service opens it: with kernels where they are compiled. */
export function openCpuEngine(options: CpuEngineOptions): Engine {
  const { file } = kernelAddon();
  const kernels = existsSync(file) ? { kernels: file } : {};
  return createCpuEngine({ ...ENTRIES, ...kernels, ...options });
}
