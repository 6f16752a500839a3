import { parentPort } from 'node:worker_threads';
import { packError } from './carried-error.js';
import type { Outcome } from './task-thread.js';

/**
 * Answers the tasks of a `TaskThread`, in order; called once by the module that the thread runs.
 * @param transferred the memory of a result that moves to the other thread
 */
export function answerTasks<Task, Result>(
  work: (task: Task) => Promise<Result>,
  transferred: (result: Result) => readonly ArrayBufferLike[],
): void {
  parentPort?.on('message', async (task: Task) => {
    const outcome = await run(task);
    const moved = 'result' in outcome ? new Set(transferred(outcome.result)) : [];
    parentPort?.postMessage(
      outcome,
      [...moved].filter((buffer) => buffer instanceof ArrayBuffer),
    );
  });

  async function run(task: Task): Promise<Outcome<Result>> {
    try {
      return { result: await work(task) };
    } catch (error) {
      return { error: packError(error) };
    }
  }
}
