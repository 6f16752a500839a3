import { EngineLostError } from '../../errors.js';
import { transfer } from '../../workers/transfer.js';
import { startThread } from '../../workers/worker-thread.js';
import type { Batch, Sessions } from './sessions.js';

/**
 * Threads that compute, each with sessions of its own, which run one call after the other. A call to a
 * thread that has ended rejects with EngineLostError.
 */
export interface WorkerPool {
  readonly threads: number;
  load(thread: number, key: string, graph: Uint8Array): Promise<void>;
  unload(thread: number, key: string): Promise<void>;
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
    threads,
    load: (thread, key, graph) => sessionsOn(thread).load(key, transfer(graph, listBuffers(graph))),
    unload: (thread, key) => sessionsOn(thread).unload(key),
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

/** A graph moves to its thread, unless its memory holds something else too. */
function listBuffers({ buffer, byteLength }: Uint8Array): ArrayBufferLike[] {
  return buffer.byteLength === byteLength ? [buffer] : [];
}
