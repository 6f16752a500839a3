import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Option } from 'commander';
import type { DesignName } from '../src/network/architectures/designs.js';

/** A process that answers each line with a number. */
export interface Contender {
  /** The device as reported by the contender. */
  readonly device: string;
  send(line: string): Promise<number>;
  stop(): Promise<void>;
}

/** The option of a benchmark that names the Python of its PyTorch contenders. */
export function pythonOption(): Option {
  const file = path.join(homedir(), '.cache/hypercolumn/pytorch/bin/python');
  return new Option('--python <file>', 'a Python with PyTorch').default(file);
}

/** The name of the contenders that `pythonOption` runs. */
export const PYTORCH = 'pytorch';

/** What bench/pytorch/networks.py has. */
const PYTORCH_NETWORKS: readonly DesignName[] = ['ff_cnn', 'ff_sa_cnn', 'rf_cnn'];

/** Starts a program of bench/pytorch on a network, as `startContender` does. */
export async function startPyTorch(
  python: string,
  program: string,
  id: DesignName,
  counts: readonly number[],
): Promise<Contender | undefined> {
  if (!PYTORCH_NETWORKS.includes(id)) {
    console.error(`${PYTORCH} has no ${id}; it has ${PYTORCH_NETWORKS.join(', ')}`);
    return undefined;
  }
  const file = path.resolve('bench/pytorch', program);
  const advice = '; name a Python that imports torch as --python';
  return await startContender(PYTORCH, python, [file, id, ...counts.map(String)], advice);
}

/**
 * Starts a contender and waits until it is ready; undefined, with the reason on stderr, if it never is.
 * @param name what the reason calls it
 * @param advice what follows the reason
 */
export async function startContender(
  name: string,
  command: string,
  args: readonly string[],
  advice = '',
): Promise<Contender | undefined> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.on('error', ({ message }) => {
    complaint = message;
  });
  child.stderr.on('data', (text) => {
    complaint = `${complaint}${text}`.slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    return done === true ? undefined : (value as string);
  };
  const ready = await next();
  if (ready === undefined) {
    const reason = complaint.trim().split('\n').at(-1) ?? '';
    console.error(`${name} does not run here: ${reason}${advice}`);
    return undefined;
  }
  return {
    device: ready.replace('ready ', ''),
    async send(line) {
      child.stdin.write(`${line}\n`);
      const answer = await next();
      if (answer === undefined) throw new Error(`${args.join(' ')} ended: ${complaint}`);
      return Number(answer);
    },
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.exitCode === null) await once(child, 'exit');
}
