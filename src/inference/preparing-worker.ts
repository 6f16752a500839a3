import { answerTasks } from '../workers/answer-tasks.js';
import { collectGarbage } from '../workers/collect-garbage.js';
import { type ModelSource, preparedMemory, prepareModel } from './prepare-model.js';

// The thread that prepares models for those that compute.

answerTasks(async (source: ModelSource) => {
  const model = await prepareModel(source);
  collectGarbage();
  return model;
}, preparedMemory);
