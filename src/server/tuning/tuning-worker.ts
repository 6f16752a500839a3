import { answerTasks } from '../../workers/answer-tasks.js';
import { analyseTuning } from './tuning-task.js';

// The thread that analyses responses to large stimulus sets.

answerTasks(analyseTuning, ({ buffer }) => [buffer]);
