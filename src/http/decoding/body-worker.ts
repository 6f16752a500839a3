import { decodePixels } from '../../stimulus/image-pixels.js';
import { answerTasks } from '../../threads/answer-tasks.js';
import {
  type BodyKind,
  type BodyResult,
  type BodyTask,
  decodeTask,
  memoryOf,
} from './body-tasks.js';

// The thread that decodes large bodies.

answerTasks(
  (task: BodyTask<BodyKind>): Promise<BodyResult<BodyKind>> => decodeTask(task, decodePixels),
  memoryOf,
);
