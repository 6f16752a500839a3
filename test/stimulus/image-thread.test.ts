import sharp from 'sharp';
import { afterEach, expect, test } from 'vitest';
import { InputError } from '../../src/input-error.js';
import { openImage } from '../../src/stimulus/image.js';
import { decodePixels, type ImageTask } from '../../src/stimulus/image-pixels.js';
import { createImageThread, type ImageThread } from '../../src/stimulus/image-thread.js';

const ENTRY = new URL('../../dist/src/stimulus/image-worker.js', import.meta.url);

let thread: ImageThread;
afterEach(() => thread.close());

async function photo(width: number, height: number, into?: ImageTask['into']) {
  const samples = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 251);
  const file = await sharp(samples, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  // a view of a larger memory, as parts of a form are
  const bytes = Buffer.concat([Buffer.alloc(100), file]).subarray(100);
  return (await openImage(bytes, { maxStimuli: 1, maxPixels: 10 ** 6 })).task(0.5, into);
}

test('the thread gives the pixels that this one would', async () => {
  thread = createImageThread(ENTRY);
  const size = { height: 20, width: 30 };
  const tasks = await Promise.all([
    photo(60, 40),
    photo(61, 43, { size, fit: 'resize' }),
    photo(61, 43, { size, fit: 'crop' }),
  ]);
  const decoded = await Promise.all(tasks.map((task) => thread.run(task)));
  expect(decoded).toEqual(await Promise.all(tasks.map((task) => decodePixels(task))));
  expect(decoded.map(({ notes }) => notes.length)).toEqual([1, 2, 2]);
});

test('a damaged image is bad input, and the next one is decoded', async () => {
  thread = createImageThread(ENTRY);
  const task = await photo(60, 40);
  const cutOff = { ...task, bytes: task.bytes.subarray(0, 200) };
  const [bad, good] = await Promise.allSettled([thread.run(cutOff), thread.run(task)]);
  expect(bad).toMatchObject({ reason: new InputError('the PNG is cut off or damaged') });
  expect((bad as PromiseRejectedResult).reason).toBeInstanceOf(InputError);
  expect(good.status).toBe('fulfilled');
});

test('a thread that fails rejects what waits, and the next image finds a new one', async () => {
  const code =
    "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { throw new Error('lost'); });";
  thread = createImageThread(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  const task = await photo(6, 4);
  const lost = Promise.allSettled([thread.run(task), thread.run(task)]);
  const reason = new Error('the thread that decodes images failed: lost');
  expect(await lost).toMatchObject([{ reason }, { reason }]);
  await expect(thread.run(task)).rejects.toThrow('failed: lost');
});

test('closing rejects what waits', async () => {
  thread = createImageThread(ENTRY);
  const waiting = Promise.allSettled([thread.run(await photo(60, 40))]);
  await thread.close();
  expect(await waiting).toMatchObject([{ reason: new Error('the service is stopping') }]);
});
