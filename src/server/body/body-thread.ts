import { createTaskThread, ownCopy, type TaskOptions } from '../../workers/task-thread.js';
import { transfer } from '../../workers/transfer.js';
import type { BodyKind, BodyResult, BodyTask } from './body-tasks.js';

/** Decodes bodies in a thread of its own, one after the other. */
export interface BodyThread {
  /** @throws as the decoder of this kind, and as `TaskThread` */
  run<Kind extends BodyKind>(
    task: BodyTask<Kind>,
    options: TaskOptions<BodyResult<BodyKind>>,
  ): Promise<BodyResult<Kind>>;
  close(): Promise<void>;
}

export interface BodyThreadOptions {
  /** Whether the thread stays when nothing waits. */
  readonly isKept: boolean;
  /** The compiled module that the thread runs. */
  readonly entry?: URL;
}

export function createBodyThread({
  isKept,
  entry = new URL('./body-worker.js', import.meta.url),
}: BodyThreadOptions): BodyThread {
  const thread = createTaskThread<BodyTask<BodyKind>, BodyResult<BodyKind>>({
    entry,
    idleMilliseconds: isKept ? Number.POSITIVE_INFINITY : 0,
    name: 'the thread that decodes requests',
    toMessage({ kind, request }) {
      const body = ownCopy(request.body);
      return transfer({ kind, request: { ...request, body } }, [body.buffer]);
    },
  });
  return {
    run<Kind extends BodyKind>(task: BodyTask<Kind>, options: TaskOptions<BodyResult<BodyKind>>) {
      // `decodeTask` in the thread gives what belongs to the kind.
      return thread.run(task, options) as Promise<BodyResult<Kind>>;
    },
    close: () => thread.close(),
  };
}
