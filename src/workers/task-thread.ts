import type { TaskFunctions } from './answer-tasks.js';
import { type StartedThread, startThread } from './worker-thread.js';

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
  /** Starts the thread before its first task comes, so that this need not wait for it. */
  start(): void;
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
   * For how many milliseconds the thread stays when nothing waits: the next task starts sooner, but the memory of
   * the last one is not given back. Left out: for ever.
   */
  readonly idleMilliseconds?: number;
  /** The compiled module that the thread runs: it calls `answerTasks`. */
  readonly entry: URL;
  /** For messages, such as `the thread that decodes images`. */
  readonly name: string;
  /** The task as it is sent, such as with memory that `transfer` moves. Left out: as it is. */
  readonly toMessage?: (task: Task) => Task;
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
  toMessage = (task) => task,
  idleMilliseconds = Number.POSITIVE_INFINITY,
}: TaskThreadOptions<Task>): TaskThread<Task, Result> {
  /** The first of them runs. */
  const queue: Waiting<Task, Result>[] = [];
  let thread: StartedThread<TaskFunctions<Task, Result>> | undefined;
  let ending: NodeJS.Timeout | undefined;
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
    start() {
      thread ??= startOne();
      if (queue.length === 0) thread.keepAlive(false);
    },
    async close() {
      clearTimeout(ending);
      const last = thread;
      thread = undefined;
      rejectAll(new Error('the service is stopping'));
      await last?.terminate();
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
      if (idleMilliseconds === 0) return end();
      thread?.keepAlive(false);
      if (Number.isFinite(idleMilliseconds)) ending = setTimeout(end, idleMilliseconds).unref();
      return;
    }
    clearTimeout(ending);
    try {
      if (first.prepare) {
        await first.prepare();
        if (queue[0] !== first) return;
      }
      thread ??= startOne();
      thread.keepAlive(true);
      const result = await thread.remote.run(toMessage(first.task));
      // The thread was closed while this was on its way.
      if (queue[0] !== first) return;
      await first.take(result);
      first.resolve(result);
    } catch (error) {
      // Such as no memory for the message: the tasks behind it must not wait for ever.
      first.reject(error);
    }
    startAfter(first);
  }

  /** Continues with the next task, unless the thread ended meanwhile, and the queue with it. */
  function startAfter(first: Waiting<Task, Result>): void {
    if (queue[0] !== first) return;
    queue.shift();
    void startFirst();
  }

  function end(): void {
    const last = thread;
    thread = undefined;
    void last?.terminate();
  }

  function startOne(): StartedThread<TaskFunctions<Task, Result>> {
    const createLossError = (reason: string) => new Error(`${name} ${reason}`);
    const started = startThread<TaskFunctions<Task, Result>>({ entry, createLossError });
    void started.ended.then((loss) => {
      if (thread !== started) return;
      thread = undefined;
      rejectAll(loss);
    });
    return started;
  }

  function rejectAll(reason: Error): void {
    for (const { reject } of queue.splice(0)) reject(reason);
  }
}

/** A copy of these bytes alone, to be transferred: a message would carry all the memory that they lie in. */
export function ownCopy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
