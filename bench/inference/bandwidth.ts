import { Worker } from 'node:worker_threads';

/** No cache holds as much. */
const BYTES = 2 ** 28;

export interface Part {
  readonly memory: SharedArrayBuffer;
  readonly from: number;
  readonly bytes: number;
}

/** Opens threads that read memory together. @returns the GB/s at which they read, each time that it is called */
export function openBandwidth(threads: number): () => Promise<number> {
  const memory = new SharedArrayBuffer(BYTES);
  new Float64Array(memory).fill(1); // pages that nothing was written to take no memory
  const bytes = BYTES / threads - ((BYTES / threads) % 64);
  const readers = Array.from({ length: threads }, (_, i) => {
    const workerData: Part = { memory, from: i * bytes, bytes };
    const reader = new Worker(new URL('bandwidth-thread.js', import.meta.url), { workerData });
    reader.unref();
    return reader;
  });
  return async () => {
    const begun = performance.now();
    await Promise.all(readers.map(read));
    return (1e-6 * threads * bytes) / (performance.now() - begun);
  };
}

function read(reader: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    reader.once('error', reject);
    reader.once('message', () => {
      reader.off('error', reject);
      resolve();
    });
    reader.postMessage('read');
  });
}
