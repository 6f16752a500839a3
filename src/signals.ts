import { closeSync, openSync } from 'node:fs';
import type { Logger } from 'pino';

/** Whether the terminal is open: one that was closed sends the signal that asks for a reload. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

export interface Signals {
  readonly first: Promise<NodeJS.Signals>;
}

/** The first signal asks the service to stop, the second ends it immediately. */
export function watchSignals(logger: Logger): Signals {
  let seen = false;
  const first = new Promise<NodeJS.Signals>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.on(name, () => {
        if (seen) {
          logger.warn({ signal: name }, 'stopped at once by a second signal');
          process.exit(1);
        }
        seen = true;
        resolve(name);
      });
    }
  });
  return { first };
}
