import type { Engine, EngineRequest } from '../../src/inference/engine.js';
import type { Stimuli } from '../../src/stimulus/stimuli.js';

/** The fake's answer, worked out by hand: (sum of the pixels) * (neuron + 1). */
export function handResponse(stimuli: Stimuli, stimulus: number, neuron: number): number {
  const size = stimuli.height * stimuli.width;
  const pixels = stimuli.pixels.subarray(stimulus * size, (stimulus + 1) * size);
  return Math.fround(pixels.reduce((sum, pixel) => sum + pixel, 0) * (neuron + 1));
}

/** Responses [stimuli, neurons] that the fake engine gives. */
export function handResponses({ stimuli, neurons }: EngineRequest): Float32Array {
  const responses = new Float32Array(stimuli.count * neurons.length);
  for (let i = 0; i < responses.length; i++) {
    const neuron = neurons[i % neurons.length]!;
    responses[i] = handResponse(stimuli, Math.floor(i / neurons.length), neuron);
  }
  return responses;
}

export interface FakeEngine extends Engine {
  /** Every question asked, in order. */
  readonly asked: EngineRequest[];
  /** Digests of the models that it was told to load, and not to unload. */
  readonly loaded: ReadonlySet<string>;
  /** From now on questions wait, until `release`. */
  hold(): void;
  /** Answers the oldest question that waits, or fails it; the rest goes on waiting. */
  release(error?: Error): void;
  /** Answers what waits and no longer holds. */
  open(): void;
  /** The next question fails with this. */
  failNext(error: Error): void;
  /** The next load fails with this. */
  failNextLoad(error: Error): void;
  /** Resolves as soon as `count` questions were asked. */
  whenAsked(count: number): Promise<void>;
}

/** An engine whose answers can be worked out by hand, and held back. */
export function createFakeEngine(): FakeEngine {
  const asked: EngineRequest[] = [];
  const loaded = new Set<string>();
  const failures: Error[] = [];
  const loadFailures: Error[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const watchers: { readonly count: number; readonly resolve: () => void }[] = [];
  let holding = false;

  return {
    description: { name: 'fake', device: 'paper and pencil' },
    asked,
    loaded,
    load: async (_folder, digest) => {
      const failure = loadFailures.shift();
      if (failure) throw failure;
      loaded.add(digest);
    },
    unload: async (digest) => {
      loaded.delete(digest);
    },
    close: async () => {},
    respond,
    hold: () => {
      holding = true;
    },
    release: (error) => waiting.shift()!(error),
    open: () => {
      holding = false;
      for (const answer of waiting.splice(0)) answer();
    },
    failNext: (error) => {
      failures.push(error);
    },
    failNextLoad: (error) => {
      loadFailures.push(error);
    },
    whenAsked: (count) =>
      new Promise((resolve) => {
        if (asked.length >= count) resolve();
        else watchers.push({ count, resolve });
      }),
  };

  async function respond(request: EngineRequest): Promise<Float32Array> {
    asked.push(request);
    for (const { count, resolve } of watchers) if (asked.length >= count) resolve();
    const failure = failures.shift();
    if (failure) throw failure;
    if (holding) {
      await new Promise<void>((resolve, reject) => {
        waiting.push((error) => (error ? reject(error) : resolve()));
      });
    }
    return handResponses(request);
  }
}
