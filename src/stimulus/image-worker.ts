import { parentPort } from 'node:worker_threads';
import { InputError } from '../input-error.js';
import { decodePixels, type ImageTask } from './image-pixels.js';
import type { Decoded } from './image-thread.js';

// The thread that decodes images: one message, one answer, in order.

parentPort?.on('message', async (task: ImageTask) => {
  const decoded = await decodedOrWhy(task);
  const moved = decoded.ok ? [decoded.image.image.pixels.buffer as ArrayBuffer] : [];
  parentPort?.postMessage(decoded, moved);
});

async function decodedOrWhy(task: ImageTask): Promise<Decoded> {
  try {
    return { ok: true, image: await decodePixels(task) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, message, isInput: error instanceof InputError };
  }
}
