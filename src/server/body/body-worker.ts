import { answerTasks } from '../../workers/answer-tasks.js';
import {
  type BodyKind,
  type BodyResult,
  type BodyTask,
  decodeTask,
  listBuffers,
} from './body-tasks.js';

// A thread that decodes bodies.

answerTasks<BodyTask<BodyKind>, BodyResult<BodyKind>>(decodeTask, listBuffers);
