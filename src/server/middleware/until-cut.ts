import { setMaxListeners } from 'node:events';
import { unavailable } from '../problem.js';
import type { Handler } from '../route.js';

/**
 * Makes handlers answer 503 as soon as a signal is aborted, even while they wait: the process is about to
 * end.
 */
export function untilCut(signal: AbortSignal): (handler: Handler) => Handler {
  // Each request adds a listener.
  setMaxListeners(0, signal);
  return (handler) => async (c) => {
    if (signal.aborted) throw cutOff();
    let cut: () => void = () => undefined;
    const cutting = new Promise<never>((_, reject) => {
      cut = () => reject(cutOff());
      signal.addEventListener('abort', cut);
    });
    try {
      return await Promise.race([handler(c), cutting]);
    } finally {
      signal.removeEventListener('abort', cut);
    }
  };
}

function cutOff() {
  return unavailable('the service ends before this is answered: send it again');
}
