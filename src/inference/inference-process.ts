import { fileURLToPath } from 'node:url';
import { type StartedProcess, startProcess } from '../workers/child-process.js';
import type { InferenceFunctions } from './inference-worker.js';

/** An inference process, which waits for `open`. */
export type InferenceProcess = StartedProcess<InferenceFunctions>;

/** @param entry the compiled module that the process runs */
export function startInferenceProcess(entry = defaultEntry()): InferenceProcess {
  return startProcess({ entry, name: 'inference process' });
}

function defaultEntry(): string {
  return fileURLToPath(new URL('./inference-worker.js', import.meta.url));
}
