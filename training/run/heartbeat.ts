import { Worker } from 'node:worker_threads';

/** In milliseconds. */
export interface LockTiming {
  /** Between two signs of life. */
  readonly beat: number;
  /** A process on another host counts as ended when it has not touched its lock for so long. */
  readonly silence: number;
  /** Between two looks at another process's lock. */
  readonly poll: number;
}

export const TIMING: LockTiming = { beat: 3000, silence: 20_000, poll: 1000 };

/** A batch of many neurons blocks the main thread for longer than a lock may be silent, so a thread touches it. */
const THREAD = `
const { readFileSync, utimesSync } = require('node:fs');
const { file, own, beat } = require('node:worker_threads').workerData;
setInterval(() => {
  try {
    const now = new Date();
    if (readFileSync(file, 'utf8') === own) utimesSync(file, now, now);
  } catch {
    // The disk may be away for a moment.
  }
}, beat);
`;

/**
 * Touches a lock file at intervals for as long as this process has it.
 * @param own what the file holds as long as it is this process's
 * @param beat milliseconds
 */
export function startHeartbeat(
  file: string,
  own: string,
  beat: number,
): { stop(): Promise<unknown> } {
  const thread = new Worker(THREAD, {
    eval: true,
    workerData: { file, own, beat },
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  thread.unref();
  return { stop: () => thread.terminate() };
}
