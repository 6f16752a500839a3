import { createTaskThread } from '../../workers/task-thread.js';
import { type AnswerFields, analyseTuning, type TuningTask } from './analyse-set.js';

/** Analyses responses, to large stimulus sets outside of the thread that answers. */
export interface TuningAnalysis {
  /** @throws InputError when the responses cannot be analysed; the signal's reason */
  run(task: TuningTask, signal: AbortSignal): Promise<AnswerFields>;
  close(): Promise<void>;
}

/** Responses that are sorted, analysed and written faster than they are sent to another thread. */
const MAX_RESPONSES_HERE = 2 ** 14;

/** @param entry the compiled module that the thread runs */
export function createTuningAnalysis(
  entry = new URL('./analysis-worker.js', import.meta.url),
): TuningAnalysis {
  const thread = createTaskThread<TuningTask, AnswerFields>({
    entry,
    name: 'the thread that analyses responses',
    isKept: false,
  });
  return {
    run: (task, signal) =>
      task.predicted.values.length <= MAX_RESPONSES_HERE
        ? analyseTuning(task)
        : thread.run(task, { signal }),
    close: () => thread.close(),
  };
}
