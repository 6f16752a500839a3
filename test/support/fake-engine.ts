import type { Engine, EngineRequest } from '../../src/inference/engine.js';
import { imageLength, type Stimuli } from '../../src/stimulus/stimuli.js';

/** The response of the fake engine: (sum of the pixels) * (neuron + 1). */
export function handResponse(stimuli: Stimuli, stimulus: number, neuron: number): number {
  const size = imageLength(stimuli);
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
  /** Every request, in order. */
  readonly requests: EngineRequest[];
  /** Digests of the loaded models. */
  readonly loaded: ReadonlySet<string>;
  /** Lets requests wait until `release`. */
  hold(): void;
  /** Answers the oldest waiting request, or fails it; the others still wait. */
  release(error?: Error): void;
  /** Answers all waiting requests, and later ones immediately. */
  open(): void;
  /** Fails the next request with this error. */
  failNext(error: Error): void;
  /** Digests of every load that has begun, in order. */
  readonly loads: string[];
  /** Lets loads wait until `openLoads`. */
  holdLoads(): void;
  openLoads(): void;
  /** Fails the next load with this error. */
  failNextLoad(error: Error): void;
  /** Resolves as soon as there were `count` requests. */
  whenRequested(count: number): Promise<void>;
}

/** An engine whose responses can be computed by hand and held back. */
export function createFakeEngine(): FakeEngine {
  const requests: EngineRequest[] = [];
  const loaded = new Set<string>();
  const failures: Error[] = [];
  const loadFailures: Error[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const watchers: { readonly count: number; readonly resolve: () => void }[] = [];
  const loads: string[] = [];
  const waitingLoads: (() => void)[] = [];
  let holding = false;
  let holdingLoads = false;

  return {
    description: { name: 'fake', device: 'paper and pencil', precision: 'float32' },
    requests,
    loaded,
    loads,
    holdLoads: () => {
      holdingLoads = true;
    },
    openLoads: () => {
      holdingLoads = false;
      for (const resume of waitingLoads.splice(0)) resume();
    },
    load: async (_folder, digest) => {
      loads.push(digest);
      if (holdingLoads) await new Promise<void>((resolve) => waitingLoads.push(resolve));
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
    whenRequested: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        else watchers.push({ count, resolve });
      }),
  };

  async function respond(request: EngineRequest): Promise<Float32Array> {
    requests.push(request);
    for (const { count, resolve } of watchers) if (requests.length >= count) resolve();
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
