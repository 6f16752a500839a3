import { answerTasks } from '../../workers/answer-tasks.js';
import { analyseSet } from './analyse-set.js';

// The thread that analyses responses to large stimulus sets.

answerTasks(analyseSet, ({ buffer }) => [buffer]);
