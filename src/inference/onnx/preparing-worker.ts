import { answerTasks } from '../../workers/answer-tasks.js';
import { collectGarbage } from '../../workers/collect-garbage.js';
import { type ModelSource, prepareModel, programMemory } from './prepare-model.js';

// The thread that prepares models for the threads of the WorkerPool.

answerTasks(
  async (source: ModelSource) => {
    const model = await prepareModel(source);
    collectGarbage();
    return model;
  },
  ({ programs }) => programs.flatMap(programMemory),
);
