import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/hypercolumn.js', import.meta.url));

/** Starts a worker, and resolves when it takes jobs. */
export async function startWorker(environment: Record<string, string>) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [PROGRAM, 'worker'], {
    env: { PATH, ENGINE: 'onnx', JOB_PRIORITY: 'normal', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const exited = once(child, 'exit');
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    return (await exited) as [number | null, NodeJS.Signals | null];
  };
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) await kill();
  });
  const [text] = (await once(child.stdout, 'data')) as [Buffer];
  expect(text.toString()).toContain('running jobs of characterize, preferred-stimulus');
  return { kill, stderr: () => stderr };
}
