import { DeadlineError } from '../../errors.js';

/**
 * Bytes of a body that never waits, such as an image for the next trial of an experiment: it is read
 * immediately, and decoded faster than it would be sent to another thread.
 */
export const SMALL_BODY = 2 ** 16;

/** Bounds the memory of all requests together; requests that need much of it wait for each other. */
export interface MemoryBudget {
  /**
   * Waits until there is room, in the order of arrival; other clients overtake one that has its share. A
   * small request never waits; one that is larger than a share counts as one share.
   * @returns to be called when the memory is no longer needed
   * @throws DeadlineError, or the reason of the client's signal
   */
  enter(bytes: number, client: MemoryClient): Promise<() => void>;
}

/** A client that waits for memory. */
export interface MemoryClient {
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Milliseconds that the client waits; without limit where it is undefined. */
  readonly patience?: number | undefined;
  /** The client that has the share: a key or an address. */
  readonly clientId?: string | undefined;
}

export interface BudgetOptions {
  /** Bytes of all requests together that are not small. */
  readonly capacity: number;
  /** The most bytes for one client; all by default. */
  readonly share?: number;
  /** Bytes that count as small. */
  readonly small: number;
}

interface Waiting {
  readonly clientId: string;
  readonly bytes: number;
  readonly start: () => void;
}

export function createMemoryBudget({
  capacity,
  small,
  share = capacity,
}: BudgetOptions): MemoryBudget {
  const queue: Waiting[] = [];
  /** Bytes by client. */
  const held = new Map<string, number>();
  return {
    async enter(bytes, { signal, patience, clientId = '' }) {
      if (bytes <= small) return () => undefined;
      const counted = Math.min(bytes, share);
      await new Promise<void>((resolve, reject) => {
        signal.throwIfAborted();
        const waiting = { clientId, bytes: counted, start: () => end(resolve) };
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
        const left = held.get(clientId)! - counted;
        if (left === 0) held.delete(clientId);
        else held.set(clientId, left);
        startNext();
      };
    },
  };

  function startNext(): void {
    for (let next = nextWaiting(); next; next = nextWaiting()) {
      queue.splice(queue.indexOf(next), 1);
      held.set(next.clientId, (held.get(next.clientId) ?? 0) + next.bytes);
      next.start();
    }
  }

  /** The first whose client has less than its share, if there is room for it. */
  function nextWaiting(): Waiting | undefined {
    const total = [...held.values()].reduce((sum, bytes) => sum + bytes, 0);
    const full = new Set<string>();
    for (const waiting of queue) {
      const { clientId, bytes } = waiting;
      if (full.has(clientId)) continue;
      if ((held.get(clientId) ?? 0) + bytes > share) full.add(clientId);
      else return total + bytes <= capacity ? waiting : undefined;
    }
    return undefined;
  }
}
