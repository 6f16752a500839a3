import { ClientDisconnectedError, DeadlineError } from '../errors.js';

/** How long a request waits. */
export interface Patience {
  /** Aborted when the client disconnects. */
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds of the clock by which the request arrived. */
  readonly deadline?: number | undefined;
}

/** The longest time that a timer takes. */
const MOST_MILLISECONDS = 2 ** 31 - 1;

/**
 * Waits for work, which goes on when the patience ends.
 * @param clock milliseconds
 * @throws ClientDisconnectedError when the signal is aborted, DeadlineError when the deadline passes
 */
export async function waitPatiently<Result>(
  work: Promise<Result>,
  { signal, deadline }: Patience,
  clock: () => number,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  let leave: () => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    leave = () => reject(new ClientDisconnectedError('the client has gone'));
    if (signal?.aborted) leave();
    signal?.addEventListener('abort', leave);
    const left = deadline === undefined ? Number.POSITIVE_INFINITY : deadline - clock();
    if (left > MOST_MILLISECONDS) return;
    const late = () => reject(new DeadlineError('the deadline passed while the model was loaded'));
    timer = setTimeout(late, Math.max(0, left));
  });
  try {
    return await Promise.race([work, ended]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', leave);
    // Both may fail after the wait has ended.
    work.catch(() => undefined);
    ended.catch(() => undefined);
  }
}
