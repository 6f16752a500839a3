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
}

/**
 * Makes glibc return memory to the system while weights are read, folded and laid out; otherwise it keeps
 * three times as much as the weights take.
 */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '65536' };

export function startProcess<Functions extends object>(
  options: ProcessOptions,
): StartedProcess<Functions> {
  const { entry, name, heapMegabytes, functions } = options;
  const bounds = heapMegabytes === undefined ? [] : [`--max-old-space-size=${heapMegabytes}`];
  const child = fork(entry, [], {
    serialization: 'advanced',
    execArgv: ['--expose-gc', ...bounds],
    env: { ...process.env, ...ALLOCATOR },
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
  };
}

/** A message that cannot be sent is followed by the end of the other process. */
export function portTo(process: ChildProcess | NodeJS.Process): Port {
  return {
    post: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    listen: (receive) => void process.on('message', receive),
  };
}
