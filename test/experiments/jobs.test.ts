import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { experimentContext } from '../../src/experiments/context.js';
import type { JobResources } from '../../src/experiments/job.js';
import { JOB_EXPERIMENTS, runJob } from '../../src/experiments/job-experiments.js';
import type { Engine } from '../../src/inference/engine.js';
import type { ResultFile } from '../../src/jobs/job-files.js';
import { type JobOrder, JobRecord, readOrder } from '../../src/jobs/record.js';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { tinyModel } from '../support/cards.js';
import { energyEngine, energyModel } from '../support/energy-model.js';
import { createFakeEngine } from '../support/fake-engine.js';
import { openTestJobs } from '../support/jobs.js';
import { bearer, keyRingOf } from '../support/keys.js';
import { linearInterpreter } from '../support/linear-interpreter.js';
import { openTestStore } from '../support/store.js';
import { DIGEST, put } from '../support/stored-sets.js';

const limits = { maxBody: 2 ** 16, maxStimuli: 20_000, maxPixels: 10_000 };

/** Runs a job over HTTP. @returns the order in its record on the disk, and its result files */
async function overHttp(
  kind: string,
  body: object,
  options: TestAppOptions,
  headers: Record<string, string> = {},
) {
  const { jobs, folder, runner } = await openTestJobs();
  const { app } = createTestApp({ jobs, runner, limits, capacity: 20_000, ...options });
  if ('stimulusSet' in body) await put(app);
  const model = options.served?.[0]?.name;
  const started = await app.request(`/v1/models/${model}/${kind}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers,
  });
  expect(started.status).toBe(202);
  const place = started.headers.get('Location')!;
  expect(await (await app.request(`${place}/events`, { headers })).text()).toContain(
    '"state":"succeeded"',
  );
  const text = await readFile(path.join(folder, `${path.basename(place)}.json`), 'utf8');
  const record = JobRecord.parse(JSON.parse(text));
  const files: ResultFile[] = [];
  for (const part of record.result) {
    const answer = await app.request(`${place}/result?part=${part.name}`, { headers });
    files.push({ name: part.name, bytes: Buffer.from(await answer.arrayBuffer()) });
  }
  return { order: readOrder(record)!, files };
}

/** Runs a recorded order with nothing but the registry. */
async function again(
  order: JobOrder,
  engine: Pick<Engine, 'respond'>,
  resources: Pick<JobResources, 'model' | 'readStimulusSet'>,
) {
  const { digest } = resources.model;
  const context = experimentContext({
    respond: (stimuli, neurons) => engine.respond({ digest, stimuli, neurons }),
    interpreter: linearInterpreter,
  });
  const files = await runJob(order, { ...context, limits, ...resources });
  return files.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) }));
}

test('a characterization that was serialised runs again to the same bytes', async () => {
  const model = energyModel();
  const engine = energyEngine();
  const body = { neurons: [2] };
  const keys = keyRingOf([{ name: 'rig', scopes: ['predict'] }]);
  const options = { served: [model], engine, access: { keys } };
  const { order, files } = await overHttp('characterize', body, options, bearer('rig'));
  expect(order).toEqual({
    kind: 'characterize',
    model: { name: 'energy', version: 1, digest: model.digest },
    data: null,
    request: body,
    stimulusSets: [],
    askedBy: 'rig',
  });
  expect(files.map(({ name }) => name)).toEqual(['characterization.json', 'characterization.csv']);
  const resources = { model, readStimulusSet: async () => expect.unreachable() };
  const sent = JSON.parse(JSON.stringify(order)) as JobOrder;
  expect(await again(order, engine, resources)).toEqual(files);
  expect(await again(sent, engine, resources)).toEqual(files);
});

test('a search with a stored set that was serialised runs again to the same bytes', async () => {
  const model = tinyModel('tiny', 1);
  const engine = createFakeEngine();
  const store = await openTestStore();
  const body = { neurons: '0,2', restarts: 2, steps: 20, jitter: 1, stimulusSet: DIGEST };
  const { order, files } = await overHttp('preferred-stimulus', body, {
    served: [model],
    engine,
    store,
    interpreter: linearInterpreter,
  });
  expect(order).toMatchObject({
    request: { ...body, stepSize: 0.1, seed: 1, pixels: [0, 1] },
    stimulusSets: [DIGEST],
  });
  expect(files.map(({ name }) => name)).toEqual([
    'preferred-stimuli.json',
    'preferred-stimuli.npy',
    'preferred-stimuli.png',
    'best-of-set.npy',
  ]);
  const readStimulusSet = async (digest: string) => (await store.sets.read(digest))!.stimuli;
  const resources = { model, readStimulusSet };
  expect(await again(order, engine, resources)).toEqual(files);
  expect(await again(order, engine, resources)).toEqual(files);
});

test('a job for another model and a job of an unknown kind are rejected', async () => {
  const model = tinyModel('tiny', 1);
  const order = {
    kind: 'characterize',
    model: { name: 'tiny', version: 1, digest: 'e'.repeat(64) },
    data: null,
    request: {},
    stimulusSets: [],
    askedBy: null,
  };
  const resources = { model, readStimulusSet: async () => expect.unreachable() };
  const run = (changed: Partial<JobOrder>) =>
    again({ ...order, ...changed }, createFakeEngine(), resources);
  await expect(run({})).rejects.toThrow(
    `wrong model for the job: ${model.digest}; expected tiny/1 with the digest ${'e'.repeat(64)}`,
  );
  await expect(run({ kind: 'dream' })).rejects.toThrow(
    "unknown kind of job: 'dream'; expected one of characterize, preferred-stimulus",
  );
  const { name, version, digest } = model;
  const own = { name, version, digest };
  await expect(run({ model: own, request: { contrast: 2 } })).rejects.toThrow('request.contrast');
});

test('each kind of job is a valid part of a path and occurs once', () => {
  const kinds = JOB_EXPERIMENTS.map(({ kind }) => kind);
  for (const kind of kinds) expect(kind).toMatch(/^[a-z]+(-[a-z]+)*$/);
  expect(new Set(kinds).size).toBe(kinds.length);
});
