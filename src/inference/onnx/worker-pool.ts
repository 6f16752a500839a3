import { EngineLostError } from '../../errors.js';
import { ownMemory, transfer } from '../../workers/transfer.js';
import { startThread } from '../../workers/worker-thread.js';
import type { ImportedInput } from './imported/network-session.js';
import type { Batch, Sessions } from './sessions.js';

/**
 * Threads that compute, each with sessions of its own, which run one call after the other. A call to a
 * thread that has ended rejects with EngineLostError.
 */
export interface WorkerPool {
  /**
   * Loads a graph into each of the first threads, which takes over its memory.
   * @param key of the graphs
   * @param imported where they are of an imported network
   */
  load(key: string, graphs: readonly Uint8Array[], imported?: ImportedInput): Promise<void>;
  unload(key: string): Promise<void>;
  run(thread: number, batch: Batch): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Starts threads that run the compiled module `entry`. */
export function createWorkerPool(threads: number, entry: URL): WorkerPool {
  const createLossError = (end: string) => new EngineLostError(`a thread ${end}`);
  const workers = Array.from({ length: threads }, () =>
    startThread<Sessions>({ entry, createLossError }),
  );
  return {
    async load(key, graphs, imported) {
      await Promise.all(
        graphs.map((graph, thread) =>
          sessionsOn(thread).load(key, transfer(graph, ownMemory(graph)), imported),
        ),
      );
    },
    async unload(key) {
      await Promise.all(workers.map(({ remote }) => remote.unload(key)));
    },
    run: (thread, batch) => sessionsOn(thread).run(batch),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };

  function sessionsOn(thread: number) {
    const worker = workers[thread];
    if (worker === undefined) throw new Error(`there is no thread ${thread}`);
    return worker.remote;
  }
}
