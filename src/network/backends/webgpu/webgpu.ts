import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { InputError } from '../../../errors.js';
import { activate } from '../activate.js';
import type { BackendDefinition } from '../definition.js';

export const webgpu: BackendDefinition = {
  isGpu: true,
  // With one kind of program for matrix products of all sizes, as below.
  isBatchInvariant: true,
  bufferBytes: undefined,
  // A tensor is one buffer, which ends earlier than memory.
  largestTensor: (backend) => (backend as WebGPUBackend).device.limits.maxStorageBufferBindingSize,

  async open(isNamed) {
    const { create, globals } = await import('webgpu').catch((cause: unknown) => {
      throw new InputError(
        'the webgpu backend is not installed here; install it with: npm run setup:webgpu',
        [],
        { cause },
      );
    });
    Object.assign(globalThis, globals);
    const gpu = create([]);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) {
      throw new InputError(
        'the webgpu backend finds no adapter: no Vulkan driver is installed here',
      );
    }
    const { vendor, architecture, device, description } = adapter.info;
    if (adapter.info.isFallbackAdapter === true || architecture === 'swiftshader') {
      if (!isNamed) throw new InputError('the only WebGPU adapter is a program on the CPU');
    }
    const { navigator = {} } = globalThis as { navigator?: object };
    Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    const { webgpu_util } = await import('@tensorflow/tfjs-backend-webgpu');
    const { env } = await import('@tensorflow/tfjs');
    await activate('webgpu');
    env().set('WEBGPU_MATMUL_PROGRAM_TYPE', webgpu_util.MatMulProgramType.MatMulPackedProgram);
    const { registerWebgpuKernels } = await import('./kernels.js');
    registerWebgpuKernels();
    return description || [vendor, architecture, device].join(' ').trim();
  },
};
