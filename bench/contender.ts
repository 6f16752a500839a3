import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Option } from 'commander';

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

/** Starts a contender and waits until it is ready; undefined, with the reason on stderr, if it never is. */
export async function startContender(
  command: string,
  args: readonly string[],
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
    console.error(`${args.slice(0, 2).join(' ')} does not run here: ${reason}`);
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
