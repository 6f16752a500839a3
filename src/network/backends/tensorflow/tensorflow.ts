import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js';
import { InputError } from '../../../errors.js';
import { activate } from '../activate.js';
import { cpuThreads } from '../cpu-threads.js';
import type { BackendDefinition } from '../definition.js';
import { restoreRemovedNodeFunctions } from './removed-node-functions.js';

export const tensorflow: BackendDefinition = {
  isGpu: (backend) => (backend as NodeJSKernelBackend).isUsingGpuDevice,
  isBatchInvariant: false,
  bufferBytes: undefined,

  async open() {
    // libtensorflow reads this when it is loaded.
    process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
    restoreRemovedNodeFunctions();
    try {
      await import('@tensorflow/tfjs-node-gpu');
    } catch (cause) {
      throw new InputError(
        'the tensorflow backend is not set up here; npm run setup:tensorflow sets it up',
        [],
        { cause },
      );
    }
    const backend = (await activate('tensorflow')) as NodeJSKernelBackend;
    return backend.isUsingGpuDevice ? 'GPU' : `${cpuThreads()} CPU threads`;
  },
};
