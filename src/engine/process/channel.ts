import { type ChildProcess, fork } from 'node:child_process';
import { InputError } from '../../input-error.js';
import { EngineLostError } from '../engine.js';
import type { Answer, Call, Results } from './messages.js';

/** A running inference process and the questions it has not answered yet. */
export interface Channel {
  /** @throws EngineLostError when the process ends before it answers */
  ask<Kind extends Call['kind']>(call: Extract<Call, { kind: Kind }>): Promise<Results[Kind]>;
  readonly pid: number | undefined;
  /** Resolves with the reason when the process has ended. */
  readonly ended: Promise<string>;
  kill(): void;
}

interface Pending {
  readonly resolve: (result: Results[keyof Results]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * So that glibc gives memory back to the system as weights are read, folded and laid out, copy after
 * copy: without, it keeps three times as much as the weights take.
 */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: '131072' };

/** Starts an inference process from the compiled module `entry`. */
export function openChannel(entry: string): Channel {
  const child: ChildProcess = fork(entry, [], {
    serialization: 'advanced',
    execArgv: ['--expose-gc'],
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
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void ended.then((reason) => {
    lost = reason;
    for (const { reject } of pending.values()) reject(lossOf(reason));
    pending.clear();
  });

  return {
    ended,
    get pid() {
      return child.pid;
    },
    ask(call) {
      return new Promise((resolve, reject) => {
        if (lost !== undefined) return reject(lossOf(lost));
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

function lossOf(reason: string): EngineLostError {
  return new EngineLostError(`the inference process ended (${reason})`);
}
