import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { createModelRepository } from '../../src/inference/model-repository.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { createTestApp } from '../support/app.js';
import { writeCard } from '../support/card-folders.js';
import { tinyModel } from '../support/cards.js';
import { createFakeEngine } from '../support/fake-engine.js';
import { fixedRepository } from '../support/fixed-repository.js';
import { temporaryFolder } from '../support/store.js';

const RESPONSES = '/v1/models/tiny/responses';
const GOOD: RequestInit = {
  method: 'POST',
  body: new Uint8Array(encodeNpy(new Float32Array(6).fill(0.5), [3, 2])),
  headers: { 'Content-Type': 'application/x-npy' },
};

let models = '';
beforeEach(async () => {
  models = await temporaryFolder();
});

test('a request finishes on the version that it began with, which is then unloaded', async () => {
  const engine = createFakeEngine();
  const logger = pino({ level: 'silent' });
  const catalogue = createModelRepository({ source: createFolderSource(models), engine, logger });
  const { app } = createTestApp({ engine, catalogue });
  const first = await writeCard(models, 'tiny', 1);
  await catalogue.reload();
  engine.hold();
  const early = app.request(RESPONSES, GOOD);
  await engine.whenRequested(1);

  const second = await writeCard(models, 'tiny', 1, 'spikes');
  await catalogue.load('tiny');
  const late = app.request(RESPONSES, GOOD);
  expect([...engine.loaded]).toEqual([first, second]);

  engine.open();
  const answered = (await (await early).json()) as { model: { digest: string } };
  expect(answered.model.digest).toBe(first);
  expect((await late).headers.get('ETag')).toBe(`"${second}"`);
  await expect.poll(() => [...engine.loaded]).toEqual([second]);
});

test('no request, answered or rejected, keeps the lease of its model', async () => {
  const repository = fixedRepository([tinyModel('tiny', 1)], []);
  const { app, engine } = createTestApp({ catalogue: repository });
  const gone = new AbortController();
  engine.hold();
  const abandoned = app.request(RESPONSES, { ...GOOD, signal: gone.signal });
  await engine.whenRequested(1);
  expect(repository.held).toHaveLength(1);
  gone.abort();
  engine.open();
  const answers = [
    abandoned,
    app.request(RESPONSES, GOOD),
    app.request('/v1/models/tiny'),
    app.request(RESPONSES, { ...GOOD, body: 'not stimuli' }),
    app.request(RESPONSES, { ...GOOD, headers: { 'If-Match': '"other"' } }),
  ];
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  expect(statuses).toEqual([499, 200, 200, 400, 412]);
  engine.failNext(new Error('a bug'));
  expect((await app.request(RESPONSES, GOOD)).status).toBe(500);
  expect(repository.held).toEqual([]);
});
