import { createTaskThread } from '../../workers/task-thread.js';
import { analyseSet, type JsonObject, type SetAnalysisTask } from './analyse-set.js';

/** Analyses responses; a separate thread analyses those to large stimulus sets. */
export interface SetAnalysis {
  /** @throws InputError where a response is not a finite number; the signal's reason */
  run(task: SetAnalysisTask, signal: AbortSignal): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Up to this many responses, analysing them here is faster than sending them to another thread. */
const MAX_RESPONSES_HERE = 2 ** 14;

/** @param entry the compiled module that the thread runs */
export function createSetAnalysis(
  entry = new URL('./analysis-worker.js', import.meta.url),
): SetAnalysis {
  const thread = createTaskThread<SetAnalysisTask, JsonObject>({
    entry,
    name: 'the thread that analyses responses',
    idleMilliseconds: 0,
  });
  return {
    run: (task, signal) =>
      task.predicted.values.length <= MAX_RESPONSES_HERE
        ? analyseSet(task)
        : thread.run(task, { signal }),
    close: () => thread.close(),
  };
}
