import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { experimentContext } from '../../src/experiments/context.js';
import { findJobExperiment, orderJob, runJob } from '../../src/experiments/job-experiments.js';
import {
  createJobProcesses,
  type JobProcesses,
  type JobProcessesOptions,
} from '../../src/job-worker/job-processes.js';
import type { JobWorkerOptions } from '../../src/job-worker/job-worker.js';
import type * as LocalEngines from '../../src/job-worker/local-engine.js';
import type { JobProgress } from '../../src/jobs/job-runner.js';
import type { JobOrder, Part } from '../../src/jobs/record.js';
import { findModel } from '../../src/models/find-model.js';
import { NO_TRACER } from '../../src/tracing/tracer.js';
import { processesOf } from '../support/processes.js';
import { temporaryFolder } from '../support/store.js';

const MODELS = fileURLToPath(new URL('../../models', import.meta.url));
const ENTRY = fileURLToPath(new URL('../../dist/src/job-worker/job-worker.js', import.meta.url));
/** Its threads run the compiled modules. */
const LOCAL_ENGINE = new URL('../../dist/src/job-worker/local-engine.js', import.meta.url).href;
const CREATED = '2026-01-01T00:00:00.000Z';
const ID = 'a'.repeat(32);
const CHOICE = { engine: 'onnx', threads: 1, backend: 'wasm' } as const;
const LIMITS = { maxStimuli: 10_000, maxPixels: 1e6 };
const never = () => Promise.reject(new Error('no stimulus set is needed'));

let log: Record<string, unknown>[] = [];
const opened: JobProcesses[] = [];
beforeEach(() => {
  log = [];
});
afterEach(async () => {
  for (const processes of opened.splice(0)) await processes.close();
  expect(processesOf(ENTRY)).toEqual([]); // None is left, however it ended.
});

async function openProcesses(
  worker: Partial<JobWorkerOptions> = {},
  options: Partial<JobProcessesOptions> = {},
) {
  const folder = await temporaryFolder();
  const processes = createJobProcesses({
    worker: {
      ...CHOICE,
      models: MODELS,
      jobs: folder,
      sets: folder,
      recordingsCapacity: 2 ** 30,
      recordings: path.join(folder, 'recordings'),
      datasets: path.join(folder, 'datasets'),
      storage: { endpoint: undefined, region: undefined, cache: folder, cacheCapacity: 0 },
      limits: LIMITS,
      priority: 'normal',
      logLevel: 'silent',
      collector: undefined,
      ...worker,
    },
    logger: pino({}, { write: (line: string) => log.push(JSON.parse(line)) }),
    tracer: NO_TRACER,
    entry: ENTRY,
    ...options,
  });
  opened.push(processes);
  const controller = new AbortController();
  const run = (order: JobOrder, report: (progress: JobProgress) => void = () => {}) =>
    processes.run({ id: ID, order, created: CREATED }, report, controller.signal);
  const read = (parts: readonly Part[]) =>
    Promise.all(parts.map(({ name }) => readFile(path.join(folder, ID, name))));
  return { run, read, folder, controller };
}

async function createOrder(kind: string, request: Record<string, unknown>): Promise<JobOrder> {
  const { card, digest } = await findModel(path.join(MODELS, 'demo'));
  const model = { name: card.name, version: card.version, digest, card };
  return orderJob(findJobExperiment(kind), model, request, null);
}

/** The files of a job that this process runs. */
async function runHere(order: JobOrder): Promise<Buffer[]> {
  const { openLocalEngine } = (await import(LOCAL_ENGINE)) as typeof LocalEngines;
  const engine = await openLocalEngine(CHOICE);
  try {
    const { model, parts } = await engine.load(await findModel(path.join(MODELS, 'demo')), true);
    const resources = { model, limits: LIMITS, readStimulusSet: never };
    const files = await runJob(order, { ...experimentContext(parts), ...resources });
    return files.map(({ bytes }) => Buffer.from(bytes));
  } finally {
    await engine.close();
  }
}

function killProcesses(): void {
  for (const pid of processesOf(ENTRY)) process.kill(pid, 'SIGKILL');
}

test('A process of the lowest priority writes the same files as this process, bit for bit', async () => {
  const { run, read } = await openProcesses({ priority: 'idle' });
  const priorities = new Set<number>();
  const reports: JobProgress[] = [];
  const order = await createOrder('preferred-stimulus', { neurons: '3', restarts: 2, steps: 6 });
  const parts = await run(order, (progress) => {
    reports.push(progress);
    for (const pid of processesOf(ENTRY)) priorities.add(getPriority(pid));
  });
  expect(await read(parts)).toEqual(await runHere(order));
  expect([...priorities]).toEqual([19]);
  expect(reports.at(-1)).toMatchObject({ done: 6, total: 6 });
  expect(JSON.parse(reports.at(-1)!.preview!)).toMatchObject({ neuron: 3, shape: [2, 50, 50] });
});

test.each([
  ['characterize', { neurons: '0-1' }],
  ['preferred-stimulus', { neurons: '0-1', restarts: 1, steps: 20 }],
])(
  'A %s job whose process is killed is continued by another to the same files',
  async (kind, request) => {
    const { run, read, folder } = await openProcesses();
    const order = await createOrder(kind, request);
    const steps = path.join(folder, `${ID}.steps`);
    const countSteps = () =>
      readFileSync(steps, { encoding: 'utf8', flag: 'a+' }).split('\n').length;
    const reports: number[] = [];
    let killedAt: number | undefined;
    const parts = await run(order, ({ done }) => {
      reports.push(done);
      if (killedAt !== undefined || countSteps() < 2) return;
      killedAt = done;
      killProcesses();
    });
    expect(killedAt).toBeGreaterThan(0);
    expect(await read(parts)).toEqual(await runHere(order));
    // The first step is not computed again.
    const after = reports.slice(reports.indexOf(killedAt!) + 1);
    expect(after.filter((done) => done <= reports[0]!)).toEqual([]);
    expect(log.map(({ msg }) => msg)).toContain('the process that runs jobs was killed (SIGKILL)');
  },
);

test('A job that has lost three processes fails with how they ended', async () => {
  const { run } = await openProcesses();
  const order = await createOrder('characterize', {});
  await expect(run(order, killProcesses)).rejects.toThrow(
    'the process that runs jobs was killed (SIGKILL), 3 times in a row',
  );
});

test('A job that is stopped ends with the reason, and its process with it', async () => {
  const { run, controller } = await openProcesses();
  const reason = new Error('it was cancelled');
  const job = run(await createOrder('characterize', {}), () => controller.abort(reason));
  await expect(job).rejects.toBe(reason);
  expect(processesOf(ENTRY)).toEqual([]);
  expect(log.filter(({ level }) => Number(level) > 30)).toEqual([]);
});

test('A process without a job ends after a while', async () => {
  const { run } = await openProcesses({}, { idleMs: 1 });
  await run(await createOrder('preferred-stimulus', { neurons: '0', restarts: 1, steps: 1 }));
  await vi.waitFor(() => expect(processesOf(ENTRY)).toEqual([]));
});

test('What is wrong with a job is reported as it is in the process', async () => {
  const { run, folder } = await openProcesses();
  const order = await createOrder('characterize', { neurons: '0' });
  const unknown = { ...order, stimulusSets: ['e'.repeat(64)] };
  await expect(run(unknown)).rejects.toThrow(`unknown stimulus set: ${'e'.repeat(64)}`);
  const other = { ...order, model: { ...order.model!, version: 99 } };
  await expect(run(other)).rejects.toMatchObject({ name: 'InputError' });
  const { run: runElsewhere } = await openProcesses({ jobs: path.join(folder, 'nowhere') });
  await expect(
    runElsewhere(await createOrder('preferred-stimulus', { neurons: '0', restarts: 1, steps: 1 })),
  ).rejects.toMatchObject({ code: 'disk', status: 503 });
});
