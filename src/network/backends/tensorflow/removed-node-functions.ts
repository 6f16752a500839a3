import { createRequire } from 'node:module';

/** What @tensorflow/tfjs-node-gpu 4.22 calls of `node:util`; Node 23 and later no longer have them. */
const REMOVED_FUNCTIONS = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): value is null | undefined => value == null,
};

/**
 * Gives this process's `node:util` the functions that the native TensorFlow binding still calls, on
 * every Node version, since older ones print a deprecation warning for their own. Call it right
 * before loading the binding, and nowhere else.
 */
export function restoreRemovedNodeFunctions(): void {
  Object.assign(createRequire(import.meta.url)('node:util') as object, REMOVED_FUNCTIONS);
}
