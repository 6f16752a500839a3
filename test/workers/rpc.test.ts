import { getEventListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { EngineLostError, InputError, PayloadTooLargeError } from '../../src/errors.js';
import { startProcess } from '../../src/workers/child-process.js';
import type { Remote } from '../../src/workers/rpc.js';
import { transfer } from '../../src/workers/transfer.js';
import { startThread } from '../../src/workers/worker-thread.js';
import { processesOf } from '../support/processes.js';

const ENTRY = new URL('../fixtures/rpc-worker.mjs', import.meta.url);

/** The functions of rpc-worker.mjs. */
interface WorkerFunctions {
  double(values: Float32Array): Promise<Float32Array>;
  move(values: Float32Array): Promise<Float32Array>;
  fail(name: string): Promise<never>;
  uncloneable(): Promise<unknown>;
  steps(count: number): Promise<number>;
  sum(count: number): Promise<number>;
  exit(): Promise<never>;
  never(): Promise<never>;
  untilAborted(signal: AbortSignal): Promise<never>;
  reasons(): Promise<string[]>;
  first(): Promise<string>;
  second(name: string, signal?: AbortSignal): Promise<string>;
}

let steps: number[] = [];
let openGate = (): void => undefined;
let gate = Promise.resolve();
const arrived = vi.fn();
const functions = {
  progress: (step: number) => void steps.push(step),
  numbers: async (count: number) => Float32Array.from({ length: count }, (_, i) => i),
  gate: () => gate,
  arrived,
};

let remote: Remote<WorkerFunctions>;
let kill: () => void | Promise<void>;
let ended: Promise<unknown>;

beforeEach(() => {
  steps = [];
  gate = new Promise((resolve) => {
    openGate = resolve;
  });
});
afterEach(async () => {
  await kill();
  await ended;
});

function openProcess(): void {
  const started = startProcess<WorkerFunctions>({
    entry: fileURLToPath(ENTRY),
    name: 'process of this test',
    functions,
  });
  ({ remote, kill, ended } = started);
}

function openThread(): void {
  const createLossError = (end: string) => new EngineLostError(`the thread of this test ${end}`);
  const started = startThread<WorkerFunctions>({ entry: ENTRY, createLossError, functions });
  ({ remote, ended, terminate: kill } = started);
}

const ways = [
  { way: 'process', open: openProcess, end: 'the process of this test ended (exit code 3)' },
  { way: 'thread', open: openThread, end: 'the thread of this test ended with code 3' },
];

describe.each(ways)('calls to a $way', ({ open, end }) => {
  beforeEach(open);

  test('each call returns its own result and leaves its arguments unchanged', async () => {
    const values = [1, 2, 3].map((value) => Float32Array.of(value, 10 * value));
    const doubled = await Promise.all(values.map((value) => remote.double(value)));
    expect(doubled).toEqual([1, 2, 3].map((value) => Float32Array.of(2 * value, 20 * value)));
    expect(values[2]).toEqual(Float32Array.of(3, 30));
  });

  test('bad input arrives with its class and problems, a bug with its stack', async () => {
    const problems = [{ path: 'a', message: 'b' }];
    const errorOf = (name: string) => remote.fail(name).catch((error: unknown) => error);
    const input = await errorOf('input');
    expect((input as object).constructor).toBe(InputError);
    expect(input).toMatchObject({ message: 'wrong', problems });
    const large = await errorOf('large');
    expect((large as object).constructor).toBe(PayloadTooLargeError);
    expect(large).toMatchObject({ message: 'large', problems });
    const bug = await errorOf('bug');
    expect(bug).not.toBeInstanceOf(InputError);
    const stack = expect.stringMatching(/^TypeError: a bug\n.*rpc-worker\.mjs/s);
    expect(bug).toMatchObject({ message: 'a bug', stack });
    expect(await errorOf('text')).toMatchObject({ message: 'a text' });
  });

  test('a result that cannot be sent and a missing function reject only their own call', async () => {
    await expect(remote.uncloneable()).rejects.toThrow('could not be cloned');
    await expect(remote.double((() => 1) as never)).rejects.toThrow('could not be cloned');
    await expect((remote as never as { absent(): Promise<void> }).absent()).rejects.toThrow(
      'function "absent" not found',
    );
    expect(await remote.double(Float32Array.of(1))).toEqual(Float32Array.of(2));
  });

  test('progress arrives in order and before the result, and calls go both ways', async () => {
    expect(await remote.steps(4)).toBe(4);
    expect(steps).toEqual([1, 2, 3, 4]);
    expect(await remote.sum(5)).toBe(10);
  });

  test('an aborted call rejects with the reason, and its function sees the aborted signal', async () => {
    const { signal, ...controller } = aborter();
    const call = remote.untilAborted(signal);
    const other = aborter();
    const others = remote.untilAborted(other.signal);
    controller.abort(new InputError('the client has gone'));
    await expect(call).rejects.toBe(signal.reason);
    await expect.poll(() => remote.reasons()).toEqual(['InputError: the client has gone']);
    other.abort(new Error('the other too'));
    await expect(others).rejects.toThrow('the other too');
    await expect.poll(() => remote.reasons()).toEqual(['Error: the other too']);
  });

  test('a call whose signal is aborted before is not sent and leaves no listener behind', async () => {
    const { signal, abort } = aborter();
    expect(await remote.second('sent', signal)).toBe('second, with a signal');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    abort(new Error('too late'));
    await expect(remote.second('not sent', signal)).rejects.toThrow('too late');
    expect(await remote.reasons()).toEqual(['ran: sent']);
  });

  test('functions in order wait for each other, and a call that is aborted while it waits is skipped', async () => {
    const { signal, abort } = aborter();
    const first = remote.first();
    const skipped = remote.second('skipped', signal);
    const second = remote.second('kept');
    abort(new Error('skip this'));
    await expect(skipped).rejects.toThrow('skip this');
    expect(await remote.reasons()).toEqual([]);
    openGate();
    expect(await first).toBe('first');
    expect(await second).toBe('second, without a signal');
    expect(await remote.reasons()).toEqual(['ran: kept']);
  });

  test('when the worker ends, waiting and later calls reject with how it ended', async () => {
    const waiting = remote.never();
    const signal = remote.untilAborted(new AbortController().signal);
    const outcomes = Promise.allSettled([waiting, signal, remote.exit()]);
    const reason = new EngineLostError(end);
    expect(await outcomes).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason })));
    await expect(remote.double(Float32Array.of(1))).rejects.toThrow(reason);
    await expect(waiting).rejects.toBeInstanceOf(EngineLostError);
  });
});

test('a process that is killed in the middle of a call is lost, and no process remains', async () => {
  openProcess();
  await remote.double(Float32Array.of(1));
  const waiting = remote.never();
  const [pid] = processesOf('rpc-worker.mjs');
  process.kill(pid!, 'SIGKILL');
  await expect(waiting).rejects.toThrow(
    new EngineLostError('the process of this test was killed (SIGKILL)'),
  );
  expect(processesOf('rpc-worker.mjs')).toEqual([]);
});

test('memory moves to a thread and back, and that of a process is copied', async () => {
  openThread();
  const values = Float32Array.of(1, 2);
  const back = await remote.move(transfer(values, [values.buffer]));
  expect(back).toEqual(Float32Array.of(1, 2));
  expect(values).toHaveLength(0);
  await expect.poll(() => arrived.mock.lastCall).toEqual([0]);
  await kill();
  openProcess();
  expect(await remote.move(transfer(back, [back.buffer]))).toEqual(Float32Array.of(1, 2));
  expect(back).toHaveLength(2);
  await expect.poll(() => arrived.mock.lastCall).toEqual([8]);
});

/** An abort controller whose `abort` works without it. */
function aborter() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason: Error) => controller.abort(reason) };
}
