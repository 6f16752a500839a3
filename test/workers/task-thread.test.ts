import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { InputError, PayloadTooLargeError, UnsupportedMediaError } from '../../src/errors.js';
import { createTaskThread, ownCopy, type TaskThread } from '../../src/workers/task-thread.js';
import { TooMuchWorkError } from '../../src/workers/too-much-work.js';
import { transfer } from '../../src/workers/transfer.js';

interface Doubling {
  readonly name: string;
  readonly values: Float32Array;
}

let thread: TaskThread<Doubling, Doubling>;
beforeEach(() => {
  thread = createTaskThread({
    entry: new URL('../fixtures/task-worker.mjs', import.meta.url),
    name: 'the thread of this test',
    toMessage({ name, values }) {
      const copy = new Float32Array(ownCopy(new Uint8Array(values.buffer)).buffer);
      return transfer({ name, values: copy }, [copy.buffer]);
    },
  });
});
afterEach(() => thread.close());

const task = (name: string, ...values: number[]): Doubling => {
  return { name, values: Float32Array.from(values) };
};

/** Only Linux lists them. */
async function threadsOfProcess(): Promise<number> {
  return (await readdir('/proc/self/task').catch(() => [])).length;
}

test('tasks are answered in order, and sent values can still be read', async () => {
  const sent = task('a', 1, 2);
  const answers = await Promise.all([thread.run(sent), thread.run(task('b', 3))]);
  expect(answers).toEqual([task('a', 2, 4), task('b', 6)]);
  expect(sent).toEqual(task('a', 1, 2));
});

test('bad input keeps its class and its problems, a bug its message', async () => {
  const problems = [{ path: 'a', message: 'b' }];
  for (const [name, Kind, message] of [
    ['input', InputError, 'wrong'],
    ['large', PayloadTooLargeError, 'large'],
    ['media', UnsupportedMediaError, 'media'],
  ] as const) {
    const error: unknown = await thread.run(task(name)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ message, problems });
    expect((error as object).constructor).toBe(Kind);
  }
  await expect(thread.run(task('work'))).rejects.toBeInstanceOf(TooMuchWorkError);
  const bug: unknown = await thread.run(task('bug')).catch((reason: unknown) => reason);
  expect(bug).toMatchObject({
    message: 'a bug',
    stack: expect.stringContaining('task-worker.mjs'),
  });
  expect(bug).not.toBeInstanceOf(InputError);
  await expect(thread.run(task('text'))).rejects.toThrow('a text');
  expect(await thread.run(task('next', 1))).toEqual(task('next', 2));
});

test('a thread that ends rejects its tasks, and the next task starts a new thread', async () => {
  const lost = await Promise.allSettled([thread.run(task('exit')), thread.run(task('waits', 1))]);
  const reason = new Error('the thread of this test ended with code 3');
  expect(lost).toMatchObject([{ reason }, { reason }]);
  expect(await thread.run(task('next', 1))).toEqual(task('next', 2));
});

test('a waiting task leaves the queue with its client, and a running one finishes without effect', async () => {
  const [first, second] = [new AbortController(), new AbortController()];
  const settled = Promise.allSettled([
    thread.run(task('runs', 1), { signal: first.signal }),
    thread.run(task('exit'), { signal: second.signal }),
    thread.run(task('stays', 2)),
  ]);
  first.abort(new Error('the first left'));
  second.abort(new Error('the second left'));
  expect(await settled).toMatchObject([
    { reason: new Error('the first left') },
    { reason: new Error('the second left') },
    { value: task('stays', 4) },
  ]);
  await expect(thread.run(task('late'), { signal: first.signal })).rejects.toThrow(
    'the first left',
  );
});

test('the next task waits until there is room for the result', async () => {
  const seen: string[] = [];
  let makeRoom = (): void => undefined;
  const room = new Promise<void>((resolve) => {
    makeRoom = resolve;
  });
  const first = thread.run(task('first', 1), {
    take: async () => {
      seen.push('first is there');
      await room;
      seen.push('room for the first');
    },
  });
  const second = thread.run(task('second', 1), {
    take: async () => {
      seen.push('second is there');
      throw new Error('no room');
    },
  });
  const third = thread.run(task('third', 1));
  makeRoom();
  expect(await Promise.allSettled([first, second, third])).toMatchObject([
    { value: task('first', 2) },
    { reason: new Error('no room') },
    { value: task('third', 2) },
  ]);
  expect(seen).toEqual(['first is there', 'room for the first', 'second is there']);
});

test('a task is sent once it is prepared, and not at all when that fails', async () => {
  let prepared = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    prepared = resolve;
  });
  const late = Float32Array.of(1);
  const first = thread.run({ name: 'first', values: late }, { prepare: () => ready });
  const second = thread.run(task('exit'), {
    prepare: async () => {
      throw new Error('not prepared');
    },
  });
  const third = thread.run(task('third', 1));
  late[0] = 5;
  prepared();
  expect(await Promise.allSettled([first, second, third])).toMatchObject([
    { value: task('first', 10) },
    { reason: new Error('not prepared') },
    { value: task('third', 2) },
  ]);
});

test('a thread that is not kept ends with its last task and starts again', async () => {
  const brief = createTaskThread<Doubling, Doubling>({
    entry: new URL('../fixtures/task-worker.mjs', import.meta.url),
    name: 'a brief thread',
    idleMilliseconds: 0,
  });
  const before = await threadsOfProcess();
  const both = [brief.run(task('a', 1)), brief.run(task('b', 2))];
  expect(await Promise.all(both)).toEqual([task('a', 2), task('b', 4)]);
  await vi.waitFor(async () => expect(await threadsOfProcess()).toBeLessThanOrEqual(before));
  expect(await brief.run(task('c', 3))).toEqual(task('c', 6));
  await brief.close();
});

test('a thread that is kept for a moment ends after it and starts again', async () => {
  const brief = createTaskThread<Doubling, Doubling>({
    entry: new URL('../fixtures/task-worker.mjs', import.meta.url),
    name: 'a brief thread',
    idleMilliseconds: 500,
  });
  expect(await brief.run(task('a', 1))).toEqual(task('a', 2));
  const kept = await threadsOfProcess();
  const ended = async () => expect(await threadsOfProcess()).toBeLessThan(kept);
  if (kept > 0) await vi.waitFor(ended, { timeout: 30_000 });
  expect(await brief.run(task('b', 2))).toEqual(task('b', 4));
  await brief.close();
});

test('closing rejects waiting tasks', async () => {
  const waiting = Promise.allSettled([thread.run(task('a', 1)), thread.run(task('b', 1))]);
  await thread.close();
  const reason = new Error('the service is stopping');
  expect(await waiting).toMatchObject([{ reason }, { reason }]);
});

test('a task that cannot be sent is rejected, and those behind it continue', async () => {
  const picky = createTaskThread<Doubling, Doubling>({
    entry: new URL('../fixtures/task-worker.mjs', import.meta.url),
    name: 'a picky thread',
    toMessage(message) {
      if (message.name.startsWith('huge')) throw new RangeError('no memory');
      return message;
    },
  });
  const names = ['huge', 'a', 'huge, behind another', 'b'];
  const reason = new RangeError('no memory');
  expect(await Promise.allSettled(names.map((name) => picky.run(task(name, 1))))).toMatchObject([
    { reason },
    { value: task('a', 2) },
    { reason },
    { value: task('b', 2) },
  ]);
  await picky.close();
});

test('a response that arrives after the thread was closed is discarded', async () => {
  const sharing = createTaskThread<Doubling, Doubling>({
    entry: new URL('../fixtures/task-worker.mjs', import.meta.url),
    name: 'a thread that shares',
  });
  await sharing.run(task('starts'));
  const flag = new SharedArrayBuffer(4);
  const waiting = Promise.allSettled([
    sharing.run({ name: 'shares', values: new Float32Array(flag) }),
  ]);
  Atomics.wait(new Int32Array(flag), 0, 0);
  await sharing.close();
  expect(await waiting).toMatchObject([{ reason: new Error('the service is stopping') }]);
});

test('a thread can start before its first task', async () => {
  const started = 'HYPERCOLUMN_TASK_THREAD';
  onTestFinished(() => void delete process.env[started]);
  const early = createTaskThread({
    entry: new URL(`data:text/javascript,process.env.${started}='1'`),
    name: 'the thread',
  });
  early.start();
  await expect.poll(() => process.env[started]).toBe('1');
  await early.close();
});
