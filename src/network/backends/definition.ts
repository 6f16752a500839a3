import type * as tf from '@tensorflow/tfjs';

/** A backend of tfjs. This module loads nothing of it before it is opened. */
export interface BackendDefinition extends BackendLimits {
  /**
   * Makes it the backend that computes in this process.
   * @param isNamed whether it was named: `auto` passes over a WebGPU adapter that is a program on the CPU,
   *   since wasm is many times faster
   * @returns the device: `NVIDIA GPU`, `2 CPU threads`
   * @throws InputError with the reason when it does not work here
   */
  open(isNamed: boolean): Promise<string>;
  /** Whether it computes on a GPU; where that depends on the machine, it is known once the backend is open. */
  readonly isGpu: boolean | ((open: tf.KernelBackend) => boolean);
  /** Bytes that a tensor may have, known once the backend is open; left out: memory alone is the limit. */
  readonly largestTensor?: (open: tf.KernelBackend) => number;
}

export interface BackendLimits {
  /**
   * Whether the responses to an image are the same to the last bit whatever the batch has besides it. oneDNN
   * and cuDNN choose kernels, and with them the order of sums, by the size of a batch.
   */
  readonly isBatchInvariant: boolean;
  /** What its buffers may hold in training; undefined where memory alone is the limit. */
  readonly bufferBytes: number | undefined;
}
