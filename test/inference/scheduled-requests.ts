import {
  createScheduler,
  type ScheduledRequest,
  type SchedulerOptions,
} from '../../src/inference/scheduler.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';
import { createFakeEngine } from '../support/fake-engine.js';

const DIGEST = 'a'.repeat(64);

/** Stimuli of 1x2 pixels whose pixels sum to `first`, `first + 1`, ... */
export function stimuli(count: number, first = 1): Stimuli {
  const pixels = Float32Array.from({ length: 2 * count }, (_, i) =>
    i % 2 === 0 ? first + i / 2 : 0,
  );
  return { count, height: 1, width: 2, channels: 1, pixels };
}

export function request(count: number, more: Partial<ScheduledRequest> = {}): ScheduledRequest {
  return {
    digest: DIGEST,
    stimuli: stimuli(count),
    neurons: Int32Array.of(0, 2),
    priority: 'prediction',
    ...more,
  };
}

/** A scheduler with an engine that can be paused and a clock that is set by the test. */
export function setUp(options: Partial<SchedulerOptions> = {}) {
  const engine = createFakeEngine();
  const batches: number[] = [];
  const time = { now: 0 };
  const scheduler = createScheduler({
    engine,
    capacity: 100,
    chunk: 4,
    sweepMilliseconds: 20,
    clock: () => time.now,
    onBatch: (count) => batches.push(count),
    ...options,
  });
  return { engine, batches, scheduler, time };
}
