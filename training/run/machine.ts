import { currentMemory } from './chunk.js';
import { freeDisk } from './disk.js';
import type { Machine } from './model-request.js';

/** The machine that the program runs on. */
export const MACHINE: Machine = {
  signals: process,
  stream: process.stderr,
  memory: currentMemory,
  freeDisk,
  clock: () => performance.now() / 1000,
};
