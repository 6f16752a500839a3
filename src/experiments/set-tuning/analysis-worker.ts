import { answerTasks } from '../../workers/answer-tasks.js';
import { analyseTuning } from './analyse-set.js';

// The thread that analyses responses to large stimulus sets.

answerTasks(analyseTuning, ({ buffer }) => [buffer]);
