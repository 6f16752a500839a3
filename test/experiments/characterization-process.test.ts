import { spawn } from 'node:child_process';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EngineLostError } from '../../src/errors.js';
import { createCharacterizationProcess } from '../../src/experiments/characterize/characterization-process.js';
import {
  planCharacterization,
  runCharacterization,
} from '../../src/experiments/characterize/characterize.js';
import {
  type ExperimentContext,
  experimentContext,
  type Progress,
} from '../../src/experiments/context.js';
import { createLossError, waitForEnd } from '../../src/workers/process-end.js';
import { energyEngine, energyModel } from '../support/energy-model.js';
import { processesOf } from '../support/processes.js';

const ENTRY = fileURLToPath(
  new URL('../../dist/src/experiments/characterize/characterization-worker.js', import.meta.url),
);
let log: Record<string, unknown>[] = [];
const logger = pino({}, { write: (line: string) => log.push(JSON.parse(line)) });
const model = energyModel();
const engine = energyEngine();
const respond: ExperimentContext['respond'] = (stimuli, neurons) =>
  engine.respond({ digest: model.digest, stimuli, neurons });
const never = new AbortController().signal;

beforeEach(() => {
  log = [];
});
// No process is left, however it ended.
afterEach(() => expect.poll(() => processesOf(ENTRY)).toEqual([]));

test('a process of its own at the lowest priority finds the same as this process, bit for bit', async () => {
  const run = createCharacterizationProcess({ logger, entry: ENTRY });
  const reported: Progress[] = [];
  const priorities = new Set<number>();
  const onProgress = (progress: Progress) => {
    reported.push(progress);
    for (const pid of processesOf(ENTRY)) priorities.add(getPriority(pid));
  };
  const found = await run(model, { neurons: [1] }, { respond, signal: never, onProgress });
  const plan = planCharacterization({ model }, { neurons: [1] });
  expect(found).toEqual(await runCharacterization(plan, experimentContext({ respond })));
  expect([...priorities]).toEqual([19]);
  const { done, total } = reported.at(-1)!;
  expect(done).toBe(total);
});

test('a cancelled characterization ends immediately together with its process', async () => {
  const controller = new AbortController();
  const run = createCharacterizationProcess({ logger, entry: ENTRY });
  const onProgress = () => controller.abort(new Error('cancelled'));
  await expect(run(model, {}, { respond, signal: controller.signal, onProgress })).rejects.toThrow(
    'cancelled',
  );
  await expect.poll(() => processesOf(ENTRY)).toEqual([]);
  expect(log).toEqual([]);
});

test('a killed process and a failing request end the characterization with the reason', async () => {
  const run = createCharacterizationProcess({ logger, entry: ENTRY });
  const onProgress = () => {
    for (const pid of processesOf(ENTRY)) process.kill(pid, 'SIGKILL');
  };
  await expect(run(model, {}, { respond, signal: never, onProgress })).rejects.toThrow(
    new EngineLostError('the process that characterizes neurons was killed (SIGKILL)'),
  );
  expect(log).toMatchObject([
    { level: 50, msg: 'the process that characterizes neurons was killed (SIGKILL)' },
  ]);
  log = [];
  const full = { respond: () => Promise.reject(new Error('the queue is full')) };
  await expect(run(model, {}, experimentContext(full))).rejects.toThrow('the queue is full');
  expect(log).toEqual([]);
});

test('a process that cannot be started is reported as such', async () => {
  const child = spawn('/nowhere/node');
  expect(
    createLossError('process that characterizes neurons', await waitForEnd(child)).message,
  ).toBe('the process that characterizes neurons could not be started (ENOENT)');
});
