import { answerTasks } from '../../workers/answer-tasks.js';
import { collectGarbage } from '../../workers/collect-garbage.js';
import { type ModelSource, prepareModel } from './prepare-model.js';

// The thread that prepares models for the threads of the WorkerPool.

answerTasks(
  async (source: ModelSource) => {
    const model = await prepareModel(source);
    collectGarbage();
    return model;
  },
  ({ graphs }) => graphs.flatMap(buffersOf),
);

/** A graph moves to the engine, unless its memory holds something else too. */
function buffersOf({ buffer, byteLength }: Uint8Array): ArrayBufferLike[] {
  return buffer.byteLength === byteLength ? [buffer] : [];
}
