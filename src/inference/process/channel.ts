import { type ChildProcess, fork } from 'node:child_process';
import { InputError } from '../../errors.js';
import type { Answer, Calls, CallTo } from './messages.js';
import { endOf, lossOf } from './process-end.js';

/** A running process and the questions it has not answered yet. */
export interface Channel<C extends Calls> {
  /** @throws EngineLostError when the process ends before it answers */
  ask<Kind extends keyof C & string>(call: CallTo<C, Kind>): Promise<C[Kind]['result']>;
  readonly pid: number | undefined;
  /** Resolves with how the process ended, as `endOf`. */
  readonly ended: Promise<string>;
  kill(): void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * So that glibc gives memory back to the system as weights are read, folded and laid out, copy after
 * copy: without, it keeps three times as much as the weights take.
 */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '131072' };

/**
 * Starts a process from the compiled module `entry`, which answers by `answerQuestions`.
 * @param name for whoever is told of its end
 * @param options of Node, such as bounds
 */
export function openChannel<C extends Calls>(
  entry: string,
  name: string,
  options: readonly string[] = [],
): Channel<C> {
  const child: ChildProcess = fork(entry, [], {
    serialization: 'advanced',
    execArgv: ['--expose-gc', ...options],
    env: { ...process.env, ...ALLOCATOR },
  });
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let lost: string | undefined;

  child.on('message', (answer: Answer) => {
    const asked = pending.get(answer.id);
    pending.delete(answer.id);
    if (answer.ok) asked?.resolve(answer.result);
    else asked?.reject(answer.input ? new InputError(answer.message) : new Error(answer.message));
  });
  const ended = endOf(child);
  void ended.then((end) => {
    lost = end;
    for (const { reject } of pending.values()) reject(lossOf(name, end));
    pending.clear();
  });

  return {
    ended,
    get pid() {
      return child.pid;
    },
    ask(call) {
      return new Promise((resolve, reject) => {
        if (lost !== undefined) return reject(lossOf(name, lost));
        const id = ++lastId;
        pending.set(id, { resolve: resolve as Pending['resolve'], reject });
        // a send that fails is followed by the end of the process, which rejects what is pending
        child.send({ ...call, id }, () => undefined);
      });
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
}
