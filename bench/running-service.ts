import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The service, as `npm start` runs it, on a free port. */
export interface RunningService {
  /** Without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  /** What it printed when it was ready. */
  readonly announcement: () => string;
  /** Lines of its log, where `LOG_LEVEL` lets it write any. */
  readonly log: readonly string[];
  /** Milliseconds from its start until it was ready. */
  readonly startedIn: number;
  /** Bytes of memory that the service and the processes it started hold. */
  memory(): Promise<number>;
  /** Kills the process that computes. */
  killInference(): Promise<void>;
  stop(): Promise<void>;
  /** Sends it a signal. @returns once it has ended, its exit code, or the signal that ended it */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** @param cores that it and the processes which it starts run on, as taskset takes them, such as 0-1 */
export async function startService(settings: Readonly<Record<string, string>>, cores?: string) {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const begun = performance.now();
  const command = [process.execPath, main];
  const [program, ...args] = cores === undefined ? command : ['taskset', '-c', cores, ...command];
  const child = spawn(program!, args, {
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'fatal', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    log.push(line);
    if (settings['LOG_LEVEL'] === undefined) process.stderr.write(`${line}\n`);
  });
  let printed = '';
  child.stdout.on('data', (text: Buffer) => {
    printed += text.toString();
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /ready at (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    const ended = once(child, 'exit');
    const service: RunningService = {
      url,
      pid: child.pid!,
      announcement: () => printed,
      log,
      startedIn: performance.now() - begun,
      memory: () => residentBytes(child.pid!),
      async killInference() {
        for (const pid of await childProcesses(child.pid!)) process.kill(pid, 'SIGKILL');
      },
      async stop() {
        child.kill('SIGKILL');
        await ended;
      },
      async end(signal) {
        child.kill(signal);
        const [code, killer] = await ended;
        return code ?? killer;
      },
    };
    return service;
  }
  throw new Error('the service did not start');
}

/** Of a process and of those below it, from /proc. */
export async function residentBytes(pid: number): Promise<number> {
  const below = await Promise.all((await childProcesses(pid)).map(residentBytes));
  return below.reduce((sum, bytes) => sum + bytes, await ownResidentBytes(pid));
}

/** Of one process. */
export async function ownResidentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
}

/** Ids of the processes that a process started. */
export async function childProcesses(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`);
  const lists = await Promise.all(
    tasks.map((task) => readFile(`/proc/${pid}/task/${task}/children`, 'utf8')),
  );
  return lists.flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}
