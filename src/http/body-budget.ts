import { DeadlineError } from '../engine/scheduler.js';

/** Lets large bodies in a few at a time: decoded they take several times their size in memory. */
export interface BodyBudget {
  /**
   * Waits until there is room for a body, in the order of arrival. Small bodies never wait; one that is
   * larger than the whole budget is alone.
   * @param bytes of the body
   * @param options.signal of the client, which may leave while it waits
   * @param options.patience milliseconds that the client waits; for ever where it is undefined
   * @returns to be called when the body and what was decoded from it are no longer needed
   * @throws DeadlineError, or the signal's reason
   */
  enter(
    bytes: number,
    options: { readonly signal: AbortSignal; readonly patience?: number | undefined },
  ): Promise<() => void>;
}

/** Bytes of a body that is not counted, such as an image for a rig's next trial. */
export const SMALL_BODY = 2 ** 16;

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

/** @param capacity bytes of large bodies that are worked on at the same time */
export function createBodyBudget(capacity: number): BodyBudget {
  const queue: Waiting[] = [];
  let held = 0;
  return {
    async enter(bytes, { signal, patience }) {
      if (bytes <= SMALL_BODY) return () => undefined;
      const counted = Math.min(bytes, capacity);
      await new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const waiting = { bytes: counted, start: () => end(resolve) };
        const onAbort = () => end(() => leave(signal.reason));
        const late = () =>
          end(() => leave(new DeadlineError('the deadline passed before the body was read')));
        const timer = patience === undefined ? undefined : setTimeout(late, patience);
        signal.addEventListener('abort', onAbort);
        queue.push(waiting);
        startNext();

        function end(settle: () => void): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
          settle();
        }

        function leave(reason: Error): void {
          queue.splice(queue.indexOf(waiting), 1);
          reject(reason);
          startNext();
        }
      });
      let isHeld = true;
      return () => {
        if (!isHeld) return;
        isHeld = false;
        held -= counted;
        startNext();
      };
    },
  };

  function startNext(): void {
    for (let [next] = queue; next && held + next.bytes <= capacity; [next] = queue) {
      queue.shift();
      held += next.bytes;
      next.start();
    }
  }
}
