import { DeadlineError } from '../engine/scheduler.js';

/** Bounds the memory that requests take together: those that need much of it wait for each other. */
export interface MemoryBudget {
  /**
   * Waits until there is room, in the order of arrival. What is small never waits; what is larger than
   * the whole budget is alone.
   * @returns to be called when the memory is no longer needed
   * @throws DeadlineError, or the reason of the client's signal
   */
  enter(bytes: number, client: MemoryClient): Promise<() => void>;
}

/** Who waits for memory. */
export interface MemoryClient {
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Milliseconds that the client waits; for ever where it is undefined. */
  readonly patience?: number | undefined;
}

export interface BudgetOptions {
  /** Bytes of what is not small. */
  readonly capacity: number;
  /** Bytes that count as small. */
  readonly small: number;
}

interface Waiting {
  readonly bytes: number;
  readonly start: () => void;
}

export function createMemoryBudget({ capacity, small }: BudgetOptions): MemoryBudget {
  const queue: Waiting[] = [];
  let held = 0;
  return {
    async enter(bytes, { signal, patience }) {
      if (bytes <= small) return () => undefined;
      const counted = Math.min(bytes, capacity);
      await new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const waiting = { bytes: counted, start: () => end(resolve) };
        const onAbort = () => end(() => leave(signal.reason));
        const late = () =>
          end(() =>
            leave(new DeadlineError('the deadline passed before there was memory for the request')),
          );
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
