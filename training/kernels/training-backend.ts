import { counted } from '../../src/formats/counted.js';
import type { Architecture } from '../../src/network/architecture.js';
import { cpuThreads } from '../../src/network/backends/cpu-threads.js';
import type { BackendName } from '../../src/network/backends/index.js';
import { type Backend, openBackend } from '../../src/network/backends/open.js';
import type { AdamStep } from '../model/optimiser.js';
import { createAdam } from './adam.js';
import { ADDON_FILE, loadAddon } from './addon.js';
import { type BlockKernels, createBlockKernels } from './block-kernels.js';

/** Kernels in C for the training of networks of one neuron each: their layers before the readout, and Adam. */
export interface TrainingKernels {
  /** A label: `kernels for AVX-512 on 2 CPU threads`. */
  readonly device: string;
  open(architecture: Architecture): BlockKernels;
  /** A step of Adam on a parameter of any network. */
  readonly adam: AdamStep;
}

/** The tfjs backend of a training, and the kernels that compute with it. */
export interface TrainingBackend extends Backend {
  /** Undefined on a GPU, and where the kernels are not compiled. */
  readonly kernels?: TrainingKernels | undefined;
}

/**
 * Makes a backend the one that computes in this process, with the kernels where it computes on the CPU.
 * @param choice a name, or `auto` for the first that works
 * @param file the compiled kernels
 * @throws InputError with the reason when the chosen backend does not work here
 */
export async function openTrainingBackend(
  choice: BackendName | 'auto',
  file = ADDON_FILE,
): Promise<TrainingBackend> {
  const backend = await openBackend(choice);
  const isOnCpu = !backend.isGpu && backend.name !== 'webgpu';
  return { ...backend, kernels: isOnCpu ? findKernels(file, cpuThreads()) : undefined };
}

function findKernels(file: string, threads: number): TrainingKernels | undefined {
  const addon = loadAddon(file);
  return (
    addon && {
      device: `kernels for ${addon.instructions} on ${counted(threads, 'CPU thread')}`,
      open: (architecture) => createBlockKernels(addon, architecture, threads),
      adam: createAdam(addon),
    }
  );
}

/**
 * What computes a training: `tensorflow (2 CPU threads, kernels for AVX-512 on 2 CPU threads)`.
 * @param isShared whether the networks are a shared core, which has no kernels
 */
export function describeBackend(
  { name, device, kernels }: TrainingBackend,
  isShared: boolean,
): string {
  const devices = kernels && !isShared ? [device, kernels.device] : [device];
  return `${name} (${devices.join(', ')})`;
}
