import { SHARE_ENV, Worker } from 'node:worker_threads';
import { EngineLostError } from '../engine.js';
import type { Batch } from './sessions.js';

/** What a thread is asked; answered in order. */
export type Order =
  | { readonly kind: 'load'; readonly key: string; readonly graph: Uint8Array }
  | { readonly kind: 'unload'; readonly key: string }
  | { readonly kind: 'run'; readonly batch: Batch };

export type Outcome =
  | { readonly ok: true; readonly values: Float32Array | undefined }
  | { readonly ok: false; readonly message: string };

/**
 * Threads that compute, each with sessions of its own. What is asked of one that has ended is rejected
 * with EngineLostError.
 */
export interface Crew {
  readonly threads: number;
  load(thread: number, key: string, graph: Uint8Array): Promise<void>;
  unload(thread: number, key: string): Promise<void>;
  run(thread: number, batch: Batch): Promise<Float32Array>;
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (values: Float32Array | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** Starts threads that run the compiled module `entry`. */
export function createCrew(threads: number, entry: URL): Crew {
  const members = Array.from({ length: threads }, () => createMember(entry));
  return {
    threads,
    async load(thread, key, graph) {
      await ask(thread, { kind: 'load', key, graph });
    },
    async unload(thread, key) {
      await ask(thread, { kind: 'unload', key });
    },
    async run(thread, batch) {
      const values = await ask(thread, { kind: 'run', batch });
      if (values === undefined) throw new Error('a thread gave no responses');
      return values;
    },
    async close() {
      await Promise.all(members.map((member) => member.close()));
    },
  };

  function ask(thread: number, order: Order) {
    const member = members[thread];
    if (member === undefined) throw new Error(`there is no thread ${thread}`);
    return member.ask(order);
  }
}

/** A graph is handed over, not copied, where nothing else lies in its memory. */
function movable(order: Order): ArrayBuffer[] {
  if (order.kind !== 'load') return [];
  const { buffer, byteLength } = order.graph;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [];
}

function createMember(entry: URL) {
  const worker = new Worker(entry, { env: SHARE_ENV });
  const pending: Pending[] = [];
  let failure: EngineLostError | undefined;
  worker.on('message', (outcome: Outcome) => {
    const asked = pending.shift();
    if (outcome.ok) asked?.resolve(outcome.values);
    else asked?.reject(new Error(outcome.message));
  });
  worker.on('error', ({ message }) => fail(`a thread failed: ${message}`));
  worker.on('exit', (code) => fail(`a thread ended with code ${code}`));

  return {
    ask(order: Order): Promise<Float32Array | undefined> {
      return new Promise((resolve, reject) => {
        if (failure) return reject(failure);
        pending.push({ resolve, reject });
        worker.postMessage(order, movable(order));
      });
    },
    async close() {
      await worker.terminate();
    },
  };

  function fail(reason: string): void {
    failure ??= new EngineLostError(reason);
    for (const { reject } of pending.splice(0)) reject(failure);
  }
}
