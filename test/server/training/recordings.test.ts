import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createTestApp } from '../../support/app.js';
import { detailOf } from '../../support/stored-sets.js';
import {
  append,
  createTrainingApp,
  describe,
  postJson,
  sha256,
  upload,
} from '../../support/training.js';

const SPIKES = Buffer.from('spikes of a session');
const FILES = { 'b.npy': Buffer.from('bb'), 'a.npy': Buffer.from('a') };
const UNKNOWN = 'e'.repeat(64);

async function open(options: Parameters<typeof createTrainingApp>[0] = {}) {
  const parts = await createTrainingApp(options);
  const send = (place: string, init?: RequestInit) => parts.app.request(place, init);
  return { ...parts, send };
}

test('a recording has the digest of what sha256sum prints of its files, by name', async () => {
  const { send } = await open();
  const answer = await postJson(send, '/v1/recordings', describe(FILES));
  const digest = sha256(
    Buffer.from(`${sha256(Buffer.from('a'))}  a.npy\n${sha256(Buffer.from('bb'))}  b.npy\n`),
  );
  expect([answer.status, answer.headers.get('Location')]).toEqual([
    201,
    `/v1/recordings/${digest}`,
  ]);
  expect(await answer.json()).toEqual({
    digest,
    created: '2026-01-01T00:00:00.000Z',
    bytes: 3,
    complete: false,
    files: describe(FILES).files.map((file) => ({ ...file, received: 0 })),
  });
  const again = await postJson(send, '/v1/recordings', describe(FILES));
  expect([again.status, await again.json()]).toMatchObject([200, { digest }]);
  const list = await (await send('/v1/recordings')).json();
  expect(list).toMatchObject({ recordings: [{ digest }], capacity: 2 ** 20 });
});

test('an upload that broke off is taken up where its bytes end', async () => {
  const { send, folder } = await open();
  const announced = await postJson(send, '/v1/recordings', describe({ 's.nwb': SPIKES }));
  const { digest } = (await announced.json()) as { digest: string };
  async function* broken() {
    yield SPIKES.subarray(0, 7);
    throw new Error('the connection is lost');
  }
  const body = ReadableStream.from(broken()) as unknown as NonNullable<RequestInit['body']>;
  const cut = { method: 'PATCH', body, duplex: 'half', headers: { 'Upload-Offset': '0' } } as const;
  await send(`/v1/recordings/${digest}/files/0`, cut);
  const found = await (await send(`/v1/recordings/${digest}`)).json();
  expect(found).toMatchObject({ complete: false, files: [{ received: 7 }] });

  const early = await append(send, digest, 0, 6, SPIKES.subarray(6));
  expect(early.status).toBe(409);
  expect(await detailOf(early)).toContain(
    'wrong Upload-Offset of s.nwb: 6; expected 7, the bytes that are stored',
  );
  expect((await append(send, digest, 0, 'x', SPIKES.subarray(7))).status).toBe(400);
  const rest = await append(send, digest, 0, 7, SPIKES.subarray(7));
  expect(await rest.json()).toMatchObject({ complete: true, files: [{ received: SPIKES.length }] });
  const stored = await readFile(path.join(folder, 'recordings', digest, 'files', 's.nwb'));
  expect(stored.equals(SPIKES)).toBe(true);
});

test('more bytes than announced are rejected, and none of another file', async () => {
  const { send } = await open();
  const announced = await postJson(send, '/v1/recordings', describe(FILES));
  const { digest } = (await announced.json()) as { digest: string };
  expect((await append(send, digest, 0, 0, Buffer.from('bbb'))).status).toBe(413);
  async function* long() {
    yield Buffer.from('bbb');
  }
  const body = ReadableStream.from(long()) as unknown as NonNullable<RequestInit['body']>;
  const chunked = { method: 'PATCH', body, duplex: 'half', headers: { 'Upload-Offset': '0' } };
  expect((await send(`/v1/recordings/${digest}/files/0`, chunked as RequestInit)).status).toBe(413);
  expect((await append(send, digest, 2, 0, Buffer.from('b'))).status).toBe(404);
  expect((await append(send, UNKNOWN, 0, 0, Buffer.from('b'))).status).toBe(404);
  const found = await (await send(`/v1/recordings/${digest}`)).json();
  expect(found).toMatchObject({ files: [{ received: 0 }, { received: 0 }] });
});

test('of two requests that send the same file, one is rejected', async () => {
  const { send } = await open();
  const announced = await postJson(send, '/v1/recordings', describe({ 's.nwb': SPIKES }));
  const { digest } = (await announced.json()) as { digest: string };
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  async function* slow() {
    begin();
    await held;
    yield SPIKES;
  }
  const body = ReadableStream.from(slow()) as unknown as NonNullable<RequestInit['body']>;
  const init = { method: 'PATCH', body, duplex: 'half', headers: { 'Upload-Offset': '0' } };
  const first = send(`/v1/recordings/${digest}/files/0`, init as RequestInit);
  await begun;
  expect(await detailOf(append(send, digest, 0, 0, SPIKES))).toBe(
    '409 another request sends s.nwb; expected one at a time',
  );
  release();
  expect((await first).status).toBe(200);
});

test.each([
  ['../a.npy', 1],
  ['a/b.npy', 1],
  ['.hidden', 1],
  ['a\\b', 1],
  ['a\nb', 1],
  ['\ud800', 1],
  ['漢'.repeat(86), 1],
  ['', 1],
  ['a.npy', 0],
])('a file %j of %d bytes is rejected', async (name, bytes) => {
  const { send } = await open();
  const files = [{ name, bytes, sha256: UNKNOWN }];
  expect((await postJson(send, '/v1/recordings', { files })).status).toBe(422);
});

test('recordings take no more bytes than they may', async () => {
  const { send } = await open({ capacity: 25 });
  const { digest } = await upload(send, { 's.nwb': SPIKES });
  const full = await postJson(send, '/v1/recordings', describe({ 'x.nwb': Buffer.alloc(7) }));
  expect(await detailOf(full)).toMatch(
    /^507 too many bytes of recordings and datasets: 26; expected at most 25; DELETE/,
  );
  const large = await postJson(send, '/v1/recordings', describe({ 'x.nwb': Buffer.alloc(26) }));
  expect(large.status).toBe(413);
  expect((await send(`/v1/recordings/${digest}`, { method: 'DELETE' })).status).toBe(204);
  expect((await send(`/v1/recordings/${digest}`)).status).toBe(404);
  const fits = await postJson(send, '/v1/recordings', describe({ 'x.nwb': Buffer.alloc(7) }));
  expect(fits.status).toBe(201);
});

test('a recording that is not whole is not ingested, and one in use is not deleted', async () => {
  const { send } = await open();
  const announced = await postJson(send, '/v1/recordings', describe(FILES));
  const { digest } = (await announced.json()) as { digest: string };
  await append(send, digest, 0, 0, FILES['b.npy']);
  const early = await postJson(send, `/v1/recordings/${digest}/ingest`, {});
  expect(await detailOf(early)).toMatch(/^409 a.npy is not whole: 0 bytes; expected 1/);
  await append(send, digest, 1, 0, FILES['a.npy']);
  const answer = await postJson(send, `/v1/recordings/${digest}/ingest`, { transpose: true });
  const job = (await answer.json()) as { id: string };
  expect([answer.status, job]).toMatchObject([202, { kind: 'ingest', model: null, data: digest }]);
  const used = await send(`/v1/recordings/${digest}`, { method: 'DELETE' });
  expect(await detailOf(used)).toMatch(new RegExp(`^409 the job ${job.id} uses it`));
  await send(`/v1/jobs/${job.id}`, { method: 'DELETE' });
  expect((await send(`/v1/recordings/${digest}`, { method: 'DELETE' })).status).toBe(204);
});

test('jobs of data are limited, and what a request says is checked before it waits', async () => {
  const { send } = await open({ maxJobs: 2 });
  const { digest } = await upload(send, FILES);
  const ingest = (body: unknown) => postJson(send, `/v1/recordings/${digest}/ingest`, body);
  expect((await ingest({ windows: 1 })).status).toBe(422);
  expect((await ingest({ window: { from: 100, to: 40 } })).status).toBe(422);
  const seconds = { window: { from: 0.07, to: 0.17 }, baseline: { from: -0.25, to: 0 } };
  expect(await detailOf(ingest(seconds))).toBe(
    '422 window is within 5 ms of the onset: 0.07:0.17ms; expected milliseconds: 70:170ms if seconds were meant; ' +
      'baseline is within 5 ms of the onset: -0.25:0ms; expected milliseconds: -250:0ms if seconds were meant',
  );
  expect((await ingest({})).status).toBe(202);
  expect((await ingest({})).status).toBe(202);
  const third = await ingest({});
  expect(await detailOf(third)).toBe(
    '429 too many jobs of ingest and train that wait or run: 3; expected at most 2; wait until one is over, which GET /v1/jobs shows',
  );
});

test('a service that does not train says so, and what turns it on', async () => {
  const { app } = createTestApp();
  for (const place of ['/v1/recordings', '/v1/datasets', '/v1/recipes']) {
    expect(await detailOf(app.request(place))).toBe(
      '403 this service does not train: ALLOW_TRAINING=0; expected 1, as in ALLOW_TRAINING=1 npm start',
    );
  }
  const unusable = createTestApp({
    training: { unusable: 'with DATA_DIR in S3; expected a folder' },
  });
  expect(await detailOf(unusable.app.request('/v1/recordings'))).toBe(
    '503 nothing can be trained: with DATA_DIR in S3; expected a folder',
  );
});

test('a recording whose folder is lost is unknown, and a disk that fails is reported', async () => {
  const { send, folder } = await open();
  const { digest } = await upload(send, FILES);
  await rm(path.join(folder, 'recordings'), { recursive: true });
  expect((await send(`/v1/recordings/${digest}`)).status).toBe(404);
  expect(await (await send('/v1/recordings')).json()).toMatchObject({ recordings: [] });
});

test('of a recording that was announced with other sizes, the answer says how to begin anew', async () => {
  const { send } = await open();
  const [file] = describe({ 's.nwb': SPIKES }).files;
  const first = await postJson(send, '/v1/recordings', { files: [{ ...file, bytes: 7 }] });
  const { digest } = (await first.json()) as { digest: string };
  const right = () => postJson(send, '/v1/recordings', { files: [file] });
  expect(await detailOf(right())).toBe(
    `422 files[0].bytes is 19, and was announced as 7; expected the same, or DELETE /v1/recordings/${digest} first`,
  );
  expect((await send(`/v1/recordings/${digest}`, { method: 'DELETE' })).status).toBe(204);
  expect((await right()).status).toBe(201);
});

test.each(['{', '{}', JSON.stringify({ ...describe(FILES), created: '2026-01-01T00:00:00Z' })])(
  'a recording with the record %s is damaged; the other ones are listed, and it can be sent again',
  async (record) => {
    const { send, folder } = await open();
    const other = await upload(send, FILES);
    const { digest } = await upload(send, { 's.nwb': SPIKES });
    const place = path.join(folder, 'recordings', digest, 'recording.json');
    await writeFile(place, record);
    expect(await detailOf(send(`/v1/recordings/${digest}`))).toMatch(
      new RegExp(`^503 the record of the recording ${digest} is .*; upload it again$`),
    );
    const list = (await (await send('/v1/recordings')).json()) as { recordings: unknown[] };
    expect(list.recordings).toEqual([other]);
    expect((await upload(send, { 's.nwb': SPIKES })).complete).toBe(true);
    await writeFile(place, record);
    expect((await send(`/v1/recordings/${digest}`, { method: 'DELETE' })).status).toBe(204);
    expect((await send(`/v1/recordings/${digest}`, { method: 'DELETE' })).status).toBe(404);
  },
);

test('a file that is lost is sent again, and a recording that is deleted meanwhile is not', async () => {
  const { send, folder } = await open();
  const { digest } = await upload(send, { 's.nwb': SPIKES });
  await rm(path.join(folder, 'recordings', digest, 'files', 's.nwb'));
  expect((await upload(send, { 's.nwb': SPIKES })).complete).toBe(true);
  await rm(path.join(folder, 'recordings', digest, 'files', 's.nwb'));
  async function* interrupted() {
    yield SPIKES.subarray(0, 7);
    await send(`/v1/recordings/${digest}`, { method: 'DELETE' });
    yield SPIKES.subarray(7);
  }
  const body = ReadableStream.from(interrupted()) as unknown as NonNullable<RequestInit['body']>;
  const init = { method: 'PATCH', body, duplex: 'half', headers: { 'Upload-Offset': '0' } };
  expect((await send(`/v1/recordings/${digest}/files/0`, init as RequestInit)).status).toBe(404);
});

test('recordings that are announced at the same time fit together, and one is made once', async () => {
  const { send } = await open({ capacity: 30 });
  const announce = (name: string) =>
    postJson(send, '/v1/recordings', describe({ [name]: Buffer.alloc(10) }));
  const answers = await Promise.all(['a', 'a', 'b', 'c', 'd', 'e'].map(announce));
  expect(answers.map(({ status }) => status)).toEqual([201, 200, 201, 201, 507, 507]);
});
