// Reads its part of the memory each time that it is asked, a number of each line of the CPU's cache.
import { parentPort, workerData } from 'node:worker_threads';
import type { Part } from './bandwidth.js';

/** Numbers of a line. */
const LINE = 8;

const { memory, from, bytes } = workerData as Part;
const numbers = new Float64Array(memory, from, bytes / Float64Array.BYTES_PER_ELEMENT);

parentPort?.on('message', () => {
  let sum = 0;
  for (let i = 0; i < numbers.length; i += LINE) sum += numbers[i]!;
  parentPort?.postMessage(sum);
});
