import { type MessagePort, SHARE_ENV, Worker } from 'node:worker_threads';
import { connect, type Port, type Remote } from './rpc.js';

/** A thread that was started, and the functions that it offers. */
export interface StartedThread<Functions extends object> {
  readonly remote: Remote<Functions>;
  /** Resolves with the loss when the thread has ended. */
  readonly ended: Promise<Error>;
  /** Whether the service waits for the thread before it ends; at first it does. */
  keepAlive(isKept: boolean): void;
  terminate(): Promise<void>;
}

export interface ThreadOptions {
  /** The compiled module that the thread runs: it calls `connectToService`. */
  readonly entry: URL;
  /** What its calls reject with; `end` is as in `a thread ended with code 3`. */
  readonly createLossError: (end: string) => Error;
  /** What the thread may call. */
  readonly functions?: object;
}

/** Starts a thread. It shares the environment, which native code of any thread may read. */
export function startThread<Functions extends object>({
  entry,
  createLossError,
  functions,
}: ThreadOptions): StartedThread<Functions> {
  const worker = new Worker(entry, { env: SHARE_ENV });
  const { remote, close } = connect<Functions>(portTo(worker), functions);
  const ended = new Promise<Error>((resolve) => {
    worker.on('error', ({ message }) => resolve(createLossError(`failed: ${message}`)));
    worker.on('exit', (code) => resolve(createLossError(`ended with code ${code}`)));
  });
  void ended.then(close);
  return {
    remote,
    ended,
    keepAlive: (isKept) => (isKept ? worker.ref() : worker.unref()),
    async terminate() {
      await worker.terminate();
    },
  };
}

export function portTo(thread: Worker | MessagePort): Port {
  return {
    post: (message, transfer) => thread.postMessage(message, transfer),
    listen: (receive) => void thread.on('message', receive),
  };
}
