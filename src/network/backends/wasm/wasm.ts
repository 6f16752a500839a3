import { createRequire } from 'node:module';
import path from 'node:path';
import { activate } from '../activate.js';
import type { BackendDefinition } from '../definition.js';

export const wasm: BackendDefinition = {
  isGpu: false,
  isBatchInvariant: true,
  // The heap ends at 4 GiB, fragments included.
  bufferBytes: 1e9,

  async open() {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${path.dirname(entry)}/`);
    await activate('wasm');
    const { registerWasmKernels } = await import('./kernels.js');
    registerWasmKernels();
    return '1 CPU thread';
  },
};
