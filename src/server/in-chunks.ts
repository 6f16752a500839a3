import { setImmediate as yieldToEventLoop } from 'node:timers/promises';

/** Characters written at a time, which takes some milliseconds. */
const CHUNK = 2 ** 19;

/** Joins many texts; other work of this thread runs between chunks. */
export async function joinInChunks(texts: Iterable<string>, separator = ''): Promise<string> {
  const written: string[] = [];
  let length = 0;
  for (const text of texts) {
    written.push(text);
    length += text.length;
    if (length < CHUNK) continue;
    length = 0;
    await yieldToEventLoop();
  }
  return written.join(separator);
}
