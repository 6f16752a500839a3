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

/** A training that runs. */
export interface RunningTraining {
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/**
 * Runs the compiled training.
 * @param signals sent once each, as soon as the output matches
 */
export async function runTraining(
  args: readonly string[],
  signals: readonly { readonly at: RegExp; readonly signal: NodeJS.Signals }[] = [],
): Promise<Ended> {
  const waiting = [...signals];
  const { ended } = startTraining(args, (output, kill) => {
    while (waiting[0]?.at.test(output)) kill(waiting.shift()!.signal);
  });
  return await ended;
}

/**
 * Starts the compiled training.
 * @param listen is called with all that it has printed, each time that it prints
 * @param before words that come before the program, such as `unshare`
 */
export function startTraining(
  args: readonly string[],
  listen: (output: string, kill: RunningTraining['kill']) => void,
  before: readonly string[] = [],
): RunningTraining {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: npm run build`);
  const { PATH = '' } = process.env;
  const [program, ...words] = [...before, process.execPath, PROGRAM, 'train', ...args];
  const child = spawn(program!, words, { env: { PATH }, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  let output = '';
  const onText = (text: Buffer) => {
    output += text.toString();
    listen(output, kill);
  };
  child.stdout.on('data', onText);
  child.stderr.on('data', onText);
  return { kill, ended: waitForEnd() };

  async function waitForEnd(): Promise<Ended> {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals];
    return { end: code ?? signal, output };
  }
}
