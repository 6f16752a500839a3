import { EngineLostError } from '../../errors.js';
import type { Addon, NativeRequest } from './addon.js';

/** Threads of the addon, which compute the requests of all sites: first in, first out. */
export interface KernelThreads {
  readonly addon: Addon;
  readonly count: number;
  /**
   * @param isBackground whether it waits while other requests are computed
   * @throws EngineLostError once the threads are closed
   */
  compute(request: NativeRequest, isBackground: boolean): Promise<void>;
  /** Ends the threads; requests that they have not computed reject. */
  close(): void;
}

interface Waiting {
  /** Keeps the memory in which the threads compute. */
  readonly request: NativeRequest;
  readonly reject: (reason: Error) => void;
}

export function startKernelThreads(addon: Addon, count: number): KernelThreads {
  const threads = addon.startThreads(count);
  const waiting = new Set<Waiting>();
  let isClosed = false;
  return {
    addon,
    count,
    async compute(request, isBackground) {
      if (isClosed) throw closedError();
      let leave = () => {};
      try {
        await new Promise<void>((resolve, reject) => {
          const entry: Waiting = { request, reject };
          leave = () => void waiting.delete(entry);
          waiting.add(entry);
          addon.respondLater(...request, threads, isBackground, (isFailed) => {
            if (isFailed) reject(new Error('there is no memory for the maps of a network'));
            else resolve();
          });
        });
      } finally {
        leave();
      }
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      addon.stopThreads(threads);
      for (const { reject } of waiting) reject(closedError());
    },
  };
}

function closedError(): EngineLostError {
  return new EngineLostError('the threads of the kernels have ended');
}
