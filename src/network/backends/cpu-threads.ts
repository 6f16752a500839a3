import { availableParallelism } from 'node:os';

/** Threads that compute on the CPU: what TF_NUM_INTRAOP_THREADS says, from which libtensorflow takes it, or all. */
export function cpuThreads(): number {
  return Number(process.env['TF_NUM_INTRAOP_THREADS']) || availableParallelism();
}
