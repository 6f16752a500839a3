import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

/**
 * Loads a compiled module of Node.
 * @param file such as `kernels-linux-x64.node`
 * @returns what it offers; undefined where the file is missing, or was compiled for another system
 */
export function loadNativeAddon(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return createRequire(import.meta.url)(file);
  } catch (error) {
    // Such as for the C library of another Linux.
    if (error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED') return;
    throw error;
  }
}
