import { setMaxListeners } from 'node:events';
import { unavailable } from '../problem.js';
import type { Handler } from '../route.js';

/**
 * Has handlers answer 503 from the moment that a signal is aborted, whatever they are still waiting
 * for: the process is about to end.
 */
export function untilCut(signal: AbortSignal): (handler: Handler) => Handler {
  // as many as there are requests
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
