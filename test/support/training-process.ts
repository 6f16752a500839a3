import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/hypercolumn.js', import.meta.url));

/** How a process ended, and its output. */
export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly end: number | NodeJS.Signals;
  readonly output: string;
}

/**
 * Runs the compiled training.
 * @param signals sent once each, as soon as the output matches
 */
export async function runTraining(
  args: readonly string[],
  signals: readonly { readonly at: RegExp; readonly signal: NodeJS.Signals }[] = [],
): Promise<Ended> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: npm run build`);
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [PROGRAM, 'train', ...args], {
    env: { PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const waiting = [...signals];
  let output = '';
  const listen = (text: Buffer) => {
    output += text.toString();
    while (waiting[0]?.at.test(output)) child.kill(waiting.shift()!.signal);
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals];
  return { end: code ?? signal, output };
}
