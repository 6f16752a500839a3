import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** Starts a program that a test kills and starts again; it is killed when the test ends. */
export async function startRestartable(start: () => Promise<ChildProcess>) {
  let child = await start();
  const kill = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };
  onTestFinished(kill);
  return {
    kill,
    /** Stops it from running until it is killed: its connections stay open, and nothing is answered. */
    suspend: () => void child.kill('SIGSTOP'),
    async restart() {
      child = await start();
    },
  };
}
