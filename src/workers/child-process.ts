import { type ChildProcess, fork } from 'node:child_process';
import { createLossError, waitForEnd } from './process-end.js';
import { connect, type Port, type Remote } from './rpc.js';

/** A process that was started, and the functions that it offers. */
export interface StartedProcess<Functions extends object> {
  /** A call rejects with EngineLostError when the process ends before it answers. */
  readonly remote: Remote<Functions>;
  readonly pid: number | undefined;
  /** Resolves with how the process ended, as `waitForEnd`. */
  readonly ended: Promise<string>;
  kill(): void;
  /** The numbers that the inherited files have in the process. */
  readonly inherited: readonly number[];
}

export interface ProcessOptions {
  /** The compiled module that the process runs: it calls `connectToService`. */
  readonly entry: string;
  /** For messages, such as `inference process`. */
  readonly name: string;
  /** Megabytes of JavaScript's own heap, at most. */
  readonly heapMegabytes?: number;
  /** What the process may call. */
  readonly functions?: object;
  /** Open files that the process inherits, besides those of its input and output. */
  readonly inherited?: readonly number[] | undefined;
}

/**
 * Makes glibc return memory to the system while weights are read, folded and laid out; otherwise it keeps
 * three times as much as the weights take.
 */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '65536' };

/** Input, output and errors are those of this process; messages are the fourth. */
const STDIO = ['inherit', 'inherit', 'inherit', 'ipc'] as const;

export function startProcess<Functions extends object>(
  options: ProcessOptions,
): StartedProcess<Functions> {
  const { entry, name, heapMegabytes, functions, inherited = [] } = options;
  const bounds = heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`];
  const child = fork(entry, [], {
    serialization: 'advanced',
    execArgv: ['--expose-gc', ...bounds],
    env: { ...process.env, ...ALLOCATOR },
    stdio: [...STDIO, ...inherited],
  });
  const { remote, close } = connect<Functions>(portTo(child), functions);
  const ended = waitForEnd(child);
  void ended.then((end) => close(createLossError(name, end)));
  return {
    remote,
    ended,
    get pid() {
      return child.pid;
    },
    kill() {
      child.kill('SIGKILL');
    },
    inherited: inherited.map((_, i) => STDIO.length + i),
  };
}

/** A message that cannot be sent is followed by the end of the other process. */
export function portTo(process: ChildProcess | NodeJS.Process): Port {
  return {
    post: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    listen: (receive) => void process.on('message', receive),
  };
}
