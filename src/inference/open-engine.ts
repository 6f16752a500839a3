import { existsSync } from 'node:fs';
import { InputError } from '../errors.js';
import type { BackendName } from '../network/backends/index.js';
import type { Precision } from '../network/precision.js';
import type { Engine } from './engine.js';
import { ADDON_FILE, loadAddon } from './kernels/addon.js';
import type { MailboxFiles } from './kernels/mailbox.js';
import { isOnnxruntimeDoubtful, loadOnnxruntime, sendNothing } from './onnx/onnxruntime.js';

/** `onnx`, or a backend of tfjs. */
export type EngineName = 'onnx' | BackendName;

export interface EngineChoice {
  /** `auto`: one that computes on a GPU where there is one, else `onnx`. */
  readonly engine: EngineName | 'auto';
  /** How many threads the `onnx` engine computes on. */
  readonly threads: number;
  /** In which the kernels of the `onnx` engine store weights; left out: float32. */
  readonly precision?: Precision;
}

/** Device files of a usable GPU on Linux: of NVIDIA's driver, of Mesa, and of Windows under WSL. */
const GPU_DEVICES = ['/dev/nvidia0', '/dev/nvidiactl', '/dev/dri', '/dev/dxg'];

/**
 * Opens the engine that computes in this process. The modules of other engines are not loaded.
 * @param mailbox from which the `onnx` engine answers small requests
 * @throws InputError with the reason when the chosen one does not work here, or not in the precision
 */
export async function openEngine(choice: EngineChoice, mailbox?: MailboxFiles): Promise<Engine> {
  const { engine, threads, precision = 'float32' } = choice;
  const isOnnx = engine === 'onnx' || (engine === 'auto' && precision !== 'float32');
  if (isOnnx) return await openOnnx(threads, precision, mailbox);
  if (precision !== 'float32') {
    throw new InputError(`the engine ${engine} computes in float32 alone; expected onnx or auto`);
  }
  if (engine !== 'auto') return await openTfjs(engine);
  return (await openOnGpu()) ?? (await openOnCpu(threads, mailbox));
}

async function openOnGpu(): Promise<Engine | undefined> {
  if (process.platform === 'linux' && !GPU_DEVICES.some((device) => existsSync(device))) {
    return undefined;
  }
  const { openGpuBackend } = await import('../network/backends/open.js');
  const backend = await openGpuBackend();
  if (backend === undefined) return undefined;
  const { createTfjsEngine } = await import('./tfjs/tfjs-engine.js');
  return createTfjsEngine(backend);
}

async function openOnCpu(threads: number, mailbox?: MailboxFiles): Promise<Engine> {
  try {
    return await openOnnx(threads, 'float32', mailbox);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return await openTfjs('auto');
  }
}

async function openOnnx(
  threads: number,
  precision: Precision,
  mailbox: MailboxFiles | undefined,
): Promise<Engine> {
  try {
    // With kernels, only the threads that need it load it: it takes 14 MB.
    sendNothing();
    if (loadAddon() === undefined || isOnnxruntimeDoubtful()) await loadOnnxruntime();
  } catch (cause) {
    const machine = `${process.platform}, ${process.arch}`;
    throw new InputError(`onnxruntime has no binary that works here (${machine})`, [], { cause });
  }
  const { createCpuEngine } = await import('./cpu-engine.js');
  return createCpuEngine({ threads, kernels: ADDON_FILE, precision, mailbox });
}

async function openTfjs(name: BackendName | 'auto'): Promise<Engine> {
  const { openBackend } = await import('../network/backends/open.js');
  const { createTfjsEngine } = await import('./tfjs/tfjs-engine.js');
  return createTfjsEngine(await openBackend(name));
}
