import { createTaskThread, ownCopy, type TaskThread } from '../threads/task-thread.js';
import type { DecodedImage, ImageTask } from './image-pixels.js';

/** Decodes images in a thread of its own, one after the other. */
export type ImageThread = TaskThread<ImageTask, DecodedImage>;

/** @param entry the compiled module that the thread runs */
export function createImageThread(
  entry = new URL('./image-worker.js', import.meta.url),
): ImageThread {
  return createTaskThread({
    entry,
    name: 'the thread that decodes images',
    toMessage(task) {
      const bytes = ownCopy(task.bytes);
      return { message: { ...task, bytes }, transfer: [bytes.buffer] };
    },
  });
}
