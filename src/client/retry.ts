import type { Problem } from './problem.js';

/** Milliseconds before a request is sent again: the first wait, and the maximum after doubling. */
export const WAIT_MS = { first: 500, max: 10_000 };

/** Whether another request may succeed: the service is away, starting or overloaded, but its disk is not full. */
export function isPassing({ status }: Problem): boolean {
  return status === 0 || status === 429 || (status >= 500 && status !== 507);
}

/** Waits for some time, or until the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
