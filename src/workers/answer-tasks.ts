import { connectToService } from './connect-to-service.js';
import { transfer } from './transfer.js';

/** What the thread of a `TaskThread` offers. */
export interface TaskFunctions<Task, Result> {
  run(task: Task): Promise<Result>;
}

/**
 * Answers the tasks of a `TaskThread`; called once by the module that the thread runs.
 * @param transferred the memory of a result that moves to the other thread
 */
export function answerTasks<Task, Result extends object>(
  work: (task: Task) => Promise<Result>,
  transferred: (result: Result) => readonly ArrayBufferLike[],
): void {
  const functions: TaskFunctions<Task, Result> = {
    async run(task) {
      const result = await work(task);
      return transfer(result, transferred(result));
    },
  };
  connectToService(functions);
}
