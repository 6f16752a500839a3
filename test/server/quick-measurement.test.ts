import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createKeptRows } from '../../src/experiments/quick-measurement/kept-rows.js';
import type { QuickNeuron } from '../../src/experiments/quick-measurement/quick-neuron.js';
import { createFolderObjects } from '../../src/objects/folder-objects.js';
import { energyModel, FILTERS } from '../support/energy-model.js';
import { temporaryFolder } from '../support/store.js';
import { valueIn } from '../tuning/value-in.js';
import { energyApp } from './experiment.js';

const ROUTE = '/v1/models/energy/quick-measurement';
const SILENT = pino({ level: 'silent' });
const keptRows = (folder: string) =>
  createKeptRows({
    objects: createFolderObjects(path.dirname(folder)).within(path.basename(folder)),
    logger: SILENT,
  });
const ROOM = { capacity: 20_000, limits: { maxStimuli: 20_000 } };

interface Answer {
  readonly orientations: number[];
  readonly neurons: QuickNeuron[];
}

type App = ReturnType<typeof energyApp>;

async function asked({ app }: App, method: 'GET' | 'POST', body?: object): Promise<Answer> {
  const request = { method, ...(body ? { body: JSON.stringify(body) } : {}) };
  const response = await app.request(ROUTE, request);
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

test('place, orientation and spatial frequency of every neuron are found', async () => {
  const { neurons, orientations } = await asked(energyApp(ROOM), 'POST');
  expect(neurons.map(({ id }) => id)).toEqual([0, 1, 2]);
  for (const { id, curve, preferred, indices, blank } of neurons) {
    const filter = FILTERS[id]!;
    expect(curve).toHaveLength(orientations.length);
    expect(blank).toBeCloseTo(0.1, 6);
    expect(preferred.x).toBe(valueIn(indices['centreX']!));
    expect(Math.hypot(preferred.x - filter.x, preferred.y - filter.y)).toBeLessThan(0.5);
    const turn = Math.abs(preferred.orientation - filter.orientation);
    expect(Math.min(turn, 180 - turn)).toBeLessThan(3);
    const octaves = Math.log2(preferred.spatialFrequency / filter.spatialFrequency);
    expect(Math.abs(octaves)).toBeLessThan(0.3);
  }
});

test('the modulation ratio states the grating at which it was measured', async () => {
  const { neurons, orientations } = await asked(energyApp(ROOM), 'POST', { neurons: [1] });
  const { at } = neurons[0]!.indices['F1F0']!;
  expect(Object.keys(at!)).toEqual([
    ...['contrast', 'diameter'],
    ...['orientation', 'spatialFrequency'],
  ]);
  expect(orientations).toContain(at!['orientation']);
});

test('a measurement is stored, and later GET and POST requests compute nothing', async () => {
  const app = energyApp(ROOM);
  expect((await asked(app, 'GET')).neurons).toEqual([]);
  expect(app.engine.requests).toHaveLength(0);
  const first = await asked(app, 'POST', { neurons: [2, 0] });
  expect(first.neurons.map(({ id }) => id)).toEqual([2, 0]);
  const requests = app.engine.requests.length;
  expect(requests).toBeGreaterThan(0);
  expect(await asked(app, 'POST', { neurons: [0, 2] })).toMatchObject({
    neurons: first.neurons.toReversed(),
  });
  expect((await asked(app, 'GET')).neurons).toEqual(first.neurons.toReversed());
  expect(app.engine.requests).toHaveLength(requests);
  expect((await asked(app, 'POST')).neurons).toHaveLength(3);
  // Only the third neuron is measured.
  const later = app.engine.requests.slice(requests);
  expect(new Set(later.flatMap(({ neurons }) => [...neurons]))).toEqual(new Set([1]));
});

test('two concurrent requests for the same measurement compute it once', async () => {
  const app = energyApp(ROOM);
  await asked(app, 'POST', { neurons: [0] });
  const alone = app.engine.requests.length;
  const both = energyApp(ROOM);
  const answers = await Promise.all([
    asked(both, 'POST', { neurons: [0] }),
    asked(both, 'POST', { neurons: [0] }),
  ]);
  expect(answers[0].neurons).toEqual(answers[1].neurons);
  expect(both.engine.requests).toHaveLength(alone);
});

test('a client that waited for the measurement of another is rejected past its deadline', async () => {
  const { app, engine, time } = energyApp(ROOM);
  const post = (options: RequestInit) =>
    app.request(ROUTE, { method: 'POST', body: JSON.stringify({ neurons: [0] }), ...options });
  const client = new AbortController();
  engine.hold();
  const first = post({});
  await engine.whenRequested(1);
  const late = post({ headers: { 'X-Deadline-Ms': '10' } });
  const gone = post({ signal: client.signal });
  await new Promise(setImmediate);
  time.now = 11;
  client.abort();
  engine.open();
  const statuses = (await Promise.all([first, late, gone])).map(({ status }) => status);
  expect(statuses).toEqual([200, 503, 499]);
});

test('stored rows survive a restart, and a changed model is measured again', async () => {
  const folder = path.join(await temporaryFolder(), 'quick');
  const kept = () => keptRows(folder);
  const first = energyApp({ ...ROOM, quick: kept() });
  const { neurons } = await asked(first, 'POST');
  const second = energyApp({ ...ROOM, quick: kept() });
  expect((await asked(second, 'POST')).neurons).toEqual(neurons);
  expect(second.engine.requests).toHaveLength(0);
  const changed = { ...energyModel(), digest: 'e'.repeat(64) };
  const third = energyApp({ ...ROOM, quick: kept(), served: [changed] });
  expect((await asked(third, 'GET')).neurons).toEqual([]);
  await asked(third, 'POST', { neurons: [0] });
  expect(third.engine.requests.length).toBeGreaterThan(0);
});

test('a corrupted file or a read-only folder costs one measurement and nothing else', async () => {
  const folder = path.join(await temporaryFolder(), 'quick');
  const first = energyApp({ ...ROOM, quick: keptRows(folder) });
  await asked(first, 'POST', { neurons: [0] });
  const [file] = await readdir(folder);
  await writeFile(path.join(folder, file!), '{"digest":');
  const second = energyApp({ ...ROOM, quick: keptRows(folder) });
  await asked(second, 'POST', { neurons: [0] });
  expect(second.engine.requests.length).toBeGreaterThan(0);
  const nowhere = path.join(folder, 'gone', 'quick');
  const third = energyApp({ ...ROOM, quick: keptRows(nowhere) });
  await asked(third, 'POST', { neurons: [0] });
  const requests = third.engine.requests.length;
  expect((await asked(third, 'POST', { neurons: [0] })).neurons).toHaveLength(1);
  expect(third.engine.requests).toHaveLength(requests);
});

test('a replica finds the rows that another has stored meanwhile, and keeps both', async () => {
  const folder = path.join(await temporaryFolder(), 'quick');
  const [first, second] = [keptRows(folder), keptRows(folder)].map((quick) =>
    energyApp({ ...ROOM, quick }),
  );
  expect((await asked(second!, 'GET')).neurons).toEqual([]);
  await asked(first!, 'POST', { neurons: [0] });
  const ids = async (app: App) => (await asked(app, 'GET')).neurons.map(({ id }) => id);
  expect(await ids(second!)).toEqual([0]);
  await asked(second!, 'POST', { neurons: [0, 1] });
  await asked(first!, 'POST', { neurons: [2] });
  expect(await ids(first!)).toEqual([0, 1, 2]);
  expect(await ids(second!)).toEqual([0, 1, 2]);
});

test('unknown neurons are rejected before anything is measured', async () => {
  const app = energyApp(ROOM);
  const body = JSON.stringify({ neurons: [9] });
  const response = await app.app.request(ROUTE, { method: 'POST', body });
  expect(response.status).toBe(422);
  expect(((await response.json()) as { detail: string }).detail).toContain('unknown neuron: 9');
  expect(app.engine.requests).toEqual([]);
});

test('files of the newest hundred models are kept', async () => {
  const folder = path.join(await temporaryFolder(), 'quick');
  const rows = keptRows(folder);
  const digests = Array.from({ length: 103 }, (_, i) => i.toString(16).padStart(64, '0'));
  const { neurons } = await asked(energyApp(ROOM), 'POST', { neurons: [0] });
  for (const digest of digests) await rows.complete(digest, [0], async () => neurons);
  expect(await readdir(folder)).toHaveLength(100);
  const later = keptRows(folder);
  expect((await later.of(digests.at(-1)!)).size).toBe(1);
});
