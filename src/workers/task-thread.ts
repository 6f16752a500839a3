import { Worker } from 'node:worker_threads';
import { type CarriedError, unpackError } from './carried-error.js';

/** What the thread sends back for a task. */
export type Outcome<Result> = { readonly result: Result } | { readonly error: CarriedError };

/** Runs tasks in a thread of its own, one after the other. */
export interface TaskThread<Task, Result> {
  /**
   * Runs a task after those that wait.
   * @param options.signal takes a task that waits out of the queue; a task that runs is finished
   * @param options.prepare is called when it is the task's turn, before it is sent to the thread
   * @param options.take is called with the result, and the next task waits for it: so that results do not
   *   gather where there is no room for them
   * @throws what the task threw, of the same class where it is an InputError; Error when the thread
   *   ended or was closed; what `toMessage` threw; the signal's reason
   */
  run(task: Task, options?: TaskOptions<Result>): Promise<Result>;
  /** Ends the thread; tasks that wait are rejected. */
  close(): Promise<void>;
}

export interface TaskOptions<Result> {
  readonly signal?: AbortSignal;
  readonly prepare?: () => Promise<void>;
  readonly take?: (result: Result) => Promise<void>;
}

export interface TaskThreadOptions<Task> {
  /**
   * Whether the thread stays when nothing waits: the next task starts sooner, but the memory of the last
   * one is not given back. Left out: it stays.
   */
  readonly isKept?: boolean;
  /** The compiled module that the thread runs: it calls `answerTasks`. */
  readonly entry: URL;
  /** For messages, such as `the thread that decodes images`. */
  readonly name: string;
  /** The task as a message; what it transfers is no longer usable here. */
  readonly toMessage: (task: Task) => { readonly message: Task; readonly transfer: ArrayBuffer[] };
}

interface Waiting<Task, Result> {
  readonly task: Task;
  readonly prepare: (() => Promise<void>) | undefined;
  readonly take: (result: Result) => Promise<void>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A thread for work that would keep the event loop from answering. Tasks run one at a time, so that many
 * of them take no more memory than one. The thread starts with the first task, and again after it
 * ended.
 */
export function createTaskThread<Task, Result>({
  entry,
  name,
  toMessage,
  isKept = true,
}: TaskThreadOptions<Task>): TaskThread<Task, Result> {
  /** The first of them runs. */
  const queue: Waiting<Task, Result>[] = [];
  let worker: Worker | undefined;
  return {
    async run(task, { signal, prepare, take = async () => undefined } = {}) {
      signal?.throwIfAborted();
      let onAbort = (): void => undefined;
      try {
        return await new Promise<Result>((resolve, reject) => {
          const waiting = { task, prepare, take, resolve, reject };
          queue.push(waiting);
          onAbort = () => leave(waiting, signal?.reason);
          signal?.addEventListener('abort', onAbort);
          if (queue.length === 1) void startFirst();
        });
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    async close() {
      const ending = worker;
      worker = undefined;
      rejectAll('the service is stopping');
      await ending?.terminate();
    },
  };

  function leave(waiting: Waiting<Task, Result>, reason: unknown): void {
    const place = queue.indexOf(waiting);
    waiting.reject(reason);
    if (place > 0) queue.splice(place, 1);
  }

  async function startFirst(): Promise<void> {
    const [first] = queue;
    if (first === undefined) {
      worker?.unref();
      if (!isKept) end();
      return;
    }
    try {
      if (first.prepare) {
        await first.prepare();
        if (queue[0] !== first) return;
      }
      worker ??= start();
      worker.ref();
      const { message, transfer } = toMessage(first.task);
      worker.postMessage(message, transfer);
    } catch (error) {
      // Such as no memory for the message: the tasks behind it must not wait for ever.
      first.reject(error);
      startAfter(first);
    }
  }

  /** Goes on with the next, unless the thread was lost or closed meanwhile, and the queue with it. */
  function startAfter(first: Waiting<Task, Result>): void {
    if (queue[0] !== first) return;
    queue.shift();
    void startFirst();
  }

  function end(): void {
    const ending = worker;
    worker = undefined;
    void ending?.terminate();
  }

  function start(): Worker {
    const started = new Worker(entry);
    started.on('message', async (outcome: Outcome<Result>) => {
      const [first] = queue;
      // The thread was closed while this was on its way.
      if (worker !== started || first === undefined) return;
      try {
        if ('error' in outcome) throw unpackError(outcome.error);
        await first.take(outcome.result);
        first.resolve(outcome.result);
      } catch (error) {
        first.reject(error);
      }
      startAfter(first);
    });
    started.on('error', ({ message }) => lose(started, message));
    started.on('exit', (code) => lose(started, `it ended with code ${code}`));
    return started;
  }

  function lose(lost: Worker, reason: string): void {
    if (worker !== lost) return;
    worker = undefined;
    rejectAll(`${name} failed: ${reason}`);
  }

  function rejectAll(reason: string): void {
    for (const { reject } of queue.splice(0)) reject(new Error(reason));
  }
}

/** A copy of these bytes alone, to be transferred: a message would carry all the memory that they lie in. */
export function ownCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
