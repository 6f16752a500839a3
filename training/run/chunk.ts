import { execFileSync } from 'node:child_process';
import { freemem } from 'node:os';
import type { Backend } from '../../src/network/backends/open.js';

/** Bytes that one network needs in training on one image, per pixel: 2.6e6 measured on 50x50. */
const BYTES_PER_PIXEL = 3e6 / 2500;
/** Bytes of its largest tensor, the maps of the first convolution, of 32 channels and nearly as large as the image. */
const LARGEST_PER_PIXEL = 32 * 4;
/** A tensor holds fewer than 2^31 elements: 50 maps of 46x46 and 32 channels for 600 neurons. */
export const MAX_NEURONS = 512;
/** Assumed for a GPU that does not report its memory: what the smallest ones for computing have. */
const SMALLEST_GPU = 8e9;

/** What a process may use of its machine, in bytes. */
export interface Memory {
  /** Free on the machine. */
  readonly free: number;
  /** What the container or control group may use in all; undefined or huge where it is not bound. */
  readonly limit: number | undefined;
  /** Used by this process already. */
  readonly used: number;
  /** Of the whole GPU, if there is one that reports it. */
  readonly gpu: () => number | undefined;
}

/** The limits of an open backend in training. */
export type TrainingRoom = Pick<Backend, 'isGpu' | 'bufferBytes' | 'largestTensor'>;

/** The memory of this machine as it is now. */
export function currentMemory(): Memory {
  return {
    free: freemem(),
    limit: process.constrainedMemory(),
    used: process.memoryUsage.rss(),
    gpu: gpuMemory,
  };
}

/**
 * How many neurons fit into memory when they are trained together; half of what is free is left to
 * the rest of the training and to the machine.
 * @param images of a batch
 * @param pixels of an image
 */
export function chunkFor(
  { isGpu, bufferBytes, largestTensor = Number.POSITIVE_INFINITY }: TrainingRoom,
  images: number,
  pixels: number,
  memory: Memory,
): number {
  const inAll = budget() / BYTES_PER_PIXEL;
  const inTensor = largestTensor / LARGEST_PER_PIXEL;
  const neurons = Math.floor(Math.min(inAll, inTensor) / (images * pixels));
  return Math.min(MAX_NEURONS, Math.max(1, neurons));

  function budget(): number {
    if (bufferBytes !== undefined) return bufferBytes;
    if (isGpu) return (memory.gpu() ?? SMALLEST_GPU) / 2;
    return freeBytes(memory) / 2;
  }
}

/** Bytes of the largest array of a process. */
const MAX_ARRAY = 2 ** 32 - 1;

/**
 * How many neurons' maps fit into memory when readouts are trained on them; half of what is free is left.
 * @param numbers in the maps of one neuron, of all images together
 */
export function chunkForMaps(numbers: number, memory: Omit<Memory, 'gpu'>): number {
  const bytes = numbers * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.floor(Math.min(freeBytes(memory) / 2, MAX_ARRAY) / bytes));
}

function freeBytes({ free, limit, used }: Omit<Memory, 'gpu'>): number {
  return Math.min(free, limit ? limit - used : free);
}

/** The neurons that are trained together, one list after the other. */
export function splitIntoChunks(neurons: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(neurons.length / size) }, (_, i) =>
    neurons.slice(i * size, (i + 1) * size),
  );
}

function gpuMemory(): number | undefined {
  const query = ['--query-gpu=memory.total', '--format=csv,noheader,nounits'];
  try {
    const text = execFileSync('nvidia-smi', query, { encoding: 'utf8', stdio: 'pipe' });
    return Number.parseInt(text, 10) * 2 ** 20 || undefined;
  } catch {
    return undefined;
  }
}
