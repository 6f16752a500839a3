import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, type TestAPI } from 'vitest';
import { ArchitectureId } from '../../src/network/architectures/id.js';
import type { BackendName } from '../../src/network/backends/index.js';
import {
  openTrainingBackend,
  type TrainingKernels,
} from '../../training/kernels/training-backend.js';
import type { Capability } from '../support/capabilities.js';
import { compareForward, compareTraining, TOLERANCES } from './golden-comparison.js';

export interface GoldenOptions {
  readonly backend: BackendName;
  readonly test: TestAPI;
  readonly capability: Capability;
  /**
   * Architectures whose golden batch has a tie that the backend may break the other way. Of the 129,600 windows
   * of the second max pool of ff_cnn, a single one has two values within 1e-6 of each other, and
   * the gradient of the pool jumps there by more than any rounding.
   */
  readonly ties?: readonly ArchitectureId[];
  /** The compiled kernels that compute the layers before the readout instead of the backend. */
  readonly kernels?: string;
  /** The timeout of one test, in milliseconds. */
  readonly timeout?: number;
}

/** Tests that one backend gives the numbers of the published code. */
export function goldenTests(options: GoldenOptions): void {
  const { backend, test, capability, ties = [], timeout = 60_000 } = options;
  let kernels: TrainingKernels | undefined;
  beforeAll(async () => {
    if (capability.missing !== null) return;
    ({ kernels } = await openTrainingBackend(backend, options.kernels ?? 'none'));
    expect(kernels === undefined).toBe(options.kernels === undefined);
  }, timeout);

  for (const id of ArchitectureId.options) {
    test(`${id}: responses and attention are those of the published code`, {
      timeout,
    }, async () => {
      const before = tf.memory().numTensors;
      const { responses, attention } = await compareForward(id, kernels);
      expect(responses).toBeLessThan(TOLERANCES.responses);
      if (attention !== undefined) expect(attention).toBeLessThan(TOLERANCES.attention);
      expect(tf.memory().numTensors).toBe(before);
    });
  }

  for (const id of ArchitectureId.options) {
    test(`${id}: three training steps are those of the published code`, { timeout }, async () => {
      const tied = ties.includes(id);
      const tensors = tf.memory().numTensors;
      const { losses, weights } = await compareTraining(id, kernels);
      for (const loss of losses) expect(loss).toBeLessThan(tied ? 1e-3 : TOLERANCES.loss);
      for (const { name, greatest, off } of weights) {
        expect(greatest, name).toBeLessThan(TOLERANCES.weight);
        expect(off, name).toBeLessThanOrEqual(tied ? 5e-3 : 0);
      }
      expect(tf.memory().numTensors).toBe(tensors);
    });
  }
}
