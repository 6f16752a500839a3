import { answerTasks } from '../threads/answer-tasks.js';
import { decodePixels } from './image-pixels.js';

// The thread that decodes images.

answerTasks(decodePixels, ({ image }) => [image.pixels.buffer]);
