import { unavailable } from '../problem.js';
import type { Handler } from '../route.js';

/**
 * Makes handlers answer 503 as soon as a signal is aborted, even while they wait: the process is about to
 * end.
 */
export function untilCut(signal: AbortSignal): (handler: Handler) => Handler {
  /** Of the requests in progress. A listener for each of them would take longer. */
  const cuts = new Set<() => void>();
  const cutAll = () => {
    for (const cut of cuts) cut();
  };
  signal.addEventListener('abort', cutAll);
  return (handler) => async (c) => {
    if (signal.aborted) throw cutOff();
    let cut: () => void = () => undefined;
    const cutting = new Promise<never>((_, reject) => {
      cut = () => reject(cutOff());
    });
    cuts.add(cut);
    try {
      return await Promise.race([handler(c), cutting]);
    } finally {
      cuts.delete(cut);
    }
  };
}

function cutOff() {
  return unavailable('the service ends before this is answered: send it again');
}
