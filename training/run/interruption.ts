import { CommandEnd, EXIT_CODES } from '../../src/exit-codes.js';

/** Whether the program was interrupted. */
export interface Interruption {
  readonly isRequested: () => boolean;
}

/** Ends a training that was interrupted and can continue later; its message says how. */
export class Interrupted extends CommandEnd {
  override readonly name = 'Interrupted';

  constructor(message = 'interrupted') {
    super('interrupted', message);
  }
}

/** The part of a process that is listened to. */
export interface Signals {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  exit(code: number): unknown;
}

/**
 * Runs work that Ctrl-C or SIGTERM interrupts; a second one ends the process immediately.
 * @param onRequest is called at the first
 */
export async function interruptible<T>(
  signals: Signals,
  onRequest: () => void,
  work: (interruption: Interruption) => Promise<T>,
): Promise<T> {
  let requested = false;
  const listener = () => {
    if (requested) signals.exit(EXIT_CODES.interrupted);
    requested = true;
    onRequest();
  };
  signals.on('SIGINT', listener);
  signals.on('SIGTERM', listener);
  try {
    return await work({ isRequested: () => requested });
  } finally {
    signals.off('SIGINT', listener);
    signals.off('SIGTERM', listener);
  }
}
