import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/hypercolumn.js', import.meta.url));

/** Starts a worker, which is killed when the test ends. */
export function spawnWorker(environment: Record<string, string>) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [PROGRAM, 'worker'], {
    env: { PATH, ENGINE: 'onnx', JOB_PRIORITY: 'normal', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => {
    stdout += text.toString();
  });
  child.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    return ended;
  };
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) await kill();
  });
  return { child, ended, kill, stdout: () => stdout, stderr: () => stderr };
}

/** Starts a worker, and resolves when it takes jobs. */
export async function startWorker(environment: Record<string, string>) {
  const { child, ended, kill, stdout, stderr } = spawnWorker(environment);
  const failed = ended.then((end) => Promise.reject(new Error(`it ended (${end}): ${stderr()}`)));
  failed.catch(() => undefined);
  await Promise.race([once(child.stdout, 'data'), failed]);
  expect(stdout()).toContain('running jobs of characterize, preferred-stimulus');
  return { kill, stderr };
}
