import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { EngineLostError } from '../errors.js';

/** How a child process ended, as the rest of a sentence: `was killed (SIGKILL)`. */
export async function waitForEnd(child: ChildProcess): Promise<string> {
  if (child.pid === undefined) {
    const [{ code, message }] = (await once(child, 'error')) as [NodeJS.ErrnoException];
    return `could not be started (${code ?? message})`;
  }
  // such as a message that could not be sent because the process had just ended
  child.on('error', () => undefined);
  return await new Promise((resolve) => {
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended (exit code ${code})` : `was killed (${signal})`),
    );
  });
}

/** @param name of the process, such as `inference process` */
export function createLossError(name: string, end: string): EngineLostError {
  return new EngineLostError(`the ${name} ${end}`);
}
