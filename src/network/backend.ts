import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors.js';
import { restoreRemovedNodeFunctions } from './removed-node-functions.js';
import { isTensorflowOnGpu } from './tensorflow-operations.js';
import { registerWasmKernels } from './wasm-kernels.js';
import { registerWebgpuKernels } from './webgpu-kernels.js';

/** In the order of preference. */
export const BACKENDS = ['tensorflow', 'webgpu', 'wasm'] as const;
export type BackendName = (typeof BACKENDS)[number];

/** The tfjs backend that computes in this process. */
export interface Backend {
  readonly name: BackendName;
  /** In words: `NVIDIA GPU`, `2 CPU threads`. */
  readonly device: string;
}

/**
 * Makes a backend the one that computes in this process.
 * @param choice a name, or `auto` for the first that works; a WebGPU adapter that is a program on
 *   the CPU counts as working only when it is named, since wasm is many times faster
 * @throws InputError with the reason when the chosen one does not work here
 */
export async function openBackend(choice: BackendName | 'auto'): Promise<Backend> {
  if (choice !== 'auto') return OPENERS[choice](true);
  for (const name of BACKENDS) {
    try {
      return await OPENERS[name](false);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  throw new InputError('no tfjs backend works on this machine');
}

/** Makes the first backend that computes on a GPU here the one that computes, if there is one. */
export async function openGpuBackend(): Promise<Backend | undefined> {
  for (const name of ['tensorflow', 'webgpu'] as const) {
    try {
      const backend = await OPENERS[name](false);
      if (name !== 'tensorflow' || isTensorflowOnGpu()) return backend;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return undefined;
}

const OPENERS: Record<BackendName, (named: boolean) => Promise<Backend>> = {
  tensorflow: openTensorflow,
  webgpu: openWebgpu,
  wasm: openWasm,
};

async function openTensorflow(): Promise<Backend> {
  // libtensorflow reads this when it is loaded
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  restoreRemovedNodeFunctions();
  try {
    await import('@tensorflow/tfjs-node-gpu');
  } catch (cause) {
    throw new InputError(
      'the tensorflow backend has no native part here; build it with: npm run setup:tensorflow',
      [],
      { cause },
    );
  }
  await activate('tensorflow');
  return { name: 'tensorflow', device: isTensorflowOnGpu() ? 'GPU' : cpuThreads() };
}

async function openWebgpu(named: boolean): Promise<Backend> {
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
    throw new InputError('the webgpu backend finds no adapter: no Vulkan driver is installed here');
  }
  const { vendor, architecture, device, description } = adapter.info;
  if (adapter.info.isFallbackAdapter === true || architecture === 'swiftshader') {
    if (!named) throw new InputError('the only WebGPU adapter is a program on the CPU');
  }
  const { navigator = {} } = globalThis as { navigator?: object };
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  await import('@tensorflow/tfjs-backend-webgpu');
  await activate('webgpu');
  registerWebgpuKernels();
  return { name: 'webgpu', device: description || [vendor, architecture, device].join(' ').trim() };
}

async function openWasm(): Promise<Backend> {
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(entry)}/`);
  await activate('wasm');
  registerWasmKernels();
  return { name: 'wasm', device: '1 CPU thread' };
}

async function activate(name: BackendName): Promise<void> {
  if (!(await tf.setBackend(name))) {
    throw new InputError(`the ${name} backend does not start on this machine`);
  }
  await tf.ready();
}

function cpuThreads(): string {
  return `${availableParallelism()} CPU threads`;
}
