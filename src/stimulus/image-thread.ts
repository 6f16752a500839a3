import { Worker } from 'node:worker_threads';
import { InputError } from '../input-error.js';
import type { DecodedImage, DecodePixels, ImageTask } from './image-pixels.js';

/** What the thread answers to an image. */
export type Decoded =
  | { readonly ok: true; readonly image: DecodedImage }
  | { readonly ok: false; readonly message: string; readonly isInput: boolean };

/** Decodes images in a thread of its own, one after the other. */
export interface ImageThread {
  readonly decode: DecodePixels;
  /** Ends the thread; images that wait are rejected. */
  close(): Promise<void>;
}

interface Waiting {
  readonly task: ImageTask;
  readonly resolve: (image: DecodedImage) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread that decodes images, so that a large one keeps nothing else waiting, and many of them no
 * more memory than one. It starts with the first image, and again after it ended.
 * @param entry the compiled module that the thread runs
 */
export function createImageThread(
  entry = new URL('./image-worker.js', import.meta.url),
): ImageThread {
  /** The first of them is being decoded. */
  const queue: Waiting[] = [];
  let worker: Worker | undefined;
  return {
    decode: (task) =>
      new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject });
        if (queue.length === 1) next();
      }),
    async close() {
      const ending = worker;
      worker = undefined;
      rejectAll('the service is stopping');
      await ending?.terminate();
    },
  };

  function next(): void {
    const [first] = queue;
    if (first === undefined) {
      worker?.unref();
      return;
    }
    worker ??= start();
    worker.ref();
    // A copy of these bytes alone: a message would carry all the memory that they lie in.
    const bytes = new Uint8Array(first.task.bytes);
    worker.postMessage({ ...first.task, bytes }, [bytes.buffer]);
  }

  function start(): Worker {
    const started = new Worker(entry);
    started.on('message', (decoded: Decoded) => {
      settle(queue.shift(), decoded);
      next();
    });
    started.on('error', ({ message }) => lose(started, message));
    started.on('exit', (code) => lose(started, `it ended with code ${code}`));
    return started;
  }

  function lose(lost: Worker, reason: string): void {
    if (worker !== lost) return;
    worker = undefined;
    rejectAll(`the thread that decodes images failed: ${reason}`);
  }

  function rejectAll(reason: string): void {
    for (const { reject } of queue.splice(0)) reject(new Error(reason));
  }
}

function settle(waiting: Waiting | undefined, decoded: Decoded): void {
  if (decoded.ok) waiting?.resolve(decoded.image);
  else
    waiting?.reject(decoded.isInput ? new InputError(decoded.message) : new Error(decoded.message));
}
