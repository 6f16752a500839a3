import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WAIT_MS } from '../../src/client/retry.js';
import type { StoredRecording } from '../../src/datasets/recording.js';
import { byteUnit, formatBytes } from '../../src/web/new-model/bytes.js';
import { hashFile } from '../../src/web/new-model/hash-file.js';
import { sendRecording } from '../../src/web/new-model/send-recording.js';
import { createUpload } from '../../src/web/new-model/upload.js';
import { createService } from '../../src/web/service/service.js';
import { createTrainingApp, describe, postJson } from '../support/training.js';

const MIB = 2 ** 20;
const PIECE = 8 * MIB;
const signal = () => new AbortController().signal;

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each([0, 1, 4 * MIB, 9 * MIB + 7])(
  'the hash of %d bytes is that of node, in steps',
  async (size) => {
    const bytes = new Uint8Array(size).map((_, i) => (31 * i) % 251);
    const steps: number[] = [];
    const file = new File([bytes], 'a.npy');
    const hash = await hashFile(file, (step) => steps.push(step), signal());
    expect(hash).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(steps.reduce((sum, step) => sum + step, 0)).toBe(size);
    expect(Math.max(0, ...steps)).toBeLessThanOrEqual(4 * MIB);
  },
);

test('a file that cannot be read is named, and a stopped hash ends', async () => {
  const folder = new File(['a'], 'session');
  vi.spyOn(folder, 'slice').mockReturnValue({
    arrayBuffer: () => Promise.reject(new DOMException('gone', 'NotFoundError')),
  } as unknown as Blob);
  await expect(hashFile(folder, () => {}, signal())).rejects.toThrow(
    'session cannot be read: it is a folder, or it has changed; expected a file. Send a folder as one zip file.',
  );
  const stopped = AbortSignal.abort(new Error('stopped'));
  await expect(hashFile(new File(['a'], 'a'), () => {}, stopped)).rejects.toThrow('stopped');
});

/** Sends a recording to an app whose answers to some requests are replaced. */
async function sendTo(
  files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
  answers: (request: number) => Response | 'lost' | undefined = () => undefined,
  capacity = 64 * MIB,
) {
  const { app } = await createTrainingApp({ capacity });
  const announced = await postJson(
    (place, init) => app.request(place, init),
    '/v1/recordings',
    describe(files),
  );
  const recording = (await announced.json()) as StoredRecording;
  const offsets: string[] = [];
  let requests = 0;
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const answer = answers(requests++);
    if (answer === 'lost') throw new TypeError('fetch failed');
    if (init.method === 'PATCH') offsets.push(new Headers(init.headers).get('Upload-Offset')!);
    return answer ?? app.request(url, init);
  });
  const seen: (number | string)[] = [];
  const blobs = new Map(Object.entries(files).map(([name, bytes]) => [name, new Blob([bytes])]));
  const observer = {
    onStored: (now: StoredRecording) =>
      seen.push(now.files.reduce((sum, { received }) => sum + received, 0)),
    onLost: () => {
      seen.push('lost');
      // The upload waits from now on; requests have timers too, which must not end early.
      queueMicrotask(() => vi.advanceTimersByTime(WAIT_MS.max));
    },
  };
  const service = createService('http://here', () => null);
  const end = await sendRecording(service, recording, blobs, observer, signal()).then(
    () => 'sent',
    (error: Error) => error.message,
  );
  return { end, seen, offsets, app, digest: recording.digest };
}

test('a recording is sent in pieces, file after file', async () => {
  const files = { 'a.npy': new Uint8Array(PIECE + 5), 'b.npy': new Uint8Array(3) };
  const { end, seen, offsets, app, digest } = await sendTo(files);
  expect(end).toBe('sent');
  expect(seen).toEqual([0, PIECE, PIECE + 5, PIECE + 8]);
  expect(offsets).toEqual(['0', String(PIECE), '0']);
  expect(await (await app.request(`/v1/recordings/${digest}`)).json()).toMatchObject({
    complete: true,
  });
});

test('after a lost connection the upload goes on where the stored bytes end', async () => {
  const files = { 'a.npy': new Uint8Array(2 * PIECE) };
  const lost = (request: number) => (request === 1 || request === 2 ? 'lost' : undefined);
  const { end, seen, offsets } = await sendTo(files, lost);
  expect(end).toBe('sent');
  expect(seen).toEqual([0, PIECE, 'lost', 'lost', PIECE, 2 * PIECE]);
  expect(offsets).toEqual(['0', String(PIECE)]);
});

test.each([
  [409, true],
  [503, true],
  [507, false],
  [404, false],
])('an answer %d is passing: %j', async (status, passes) => {
  const problem = () => Response.json({ detail: 'because' }, { status });
  const { end, seen } = await sendTo({ 'a.npy': new Uint8Array(3) }, (request) =>
    request === 0 ? problem() : undefined,
  );
  expect(end).toBe(passes ? 'sent' : 'because');
  expect(seen).toEqual(passes ? [0, 'lost', 0, 3] : [0]);
});

/** An upload to an app; `answers` are instead of the app's, by the path of the request. */
async function openUpload(answers: (path: string) => Response | undefined = () => undefined) {
  const { app } = await createTrainingApp({ capacity: 64 * MIB });
  const asked: string[] = [];
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const { pathname } = new URL(url);
    asked.push(`${init.method} ${pathname.split('/').at(-1)}`);
    init.signal?.throwIfAborted();
    return answers(pathname) ?? app.request(url, init);
  });
  const kept: Readonly<Record<string, string>>[] = [];
  const upload = createUpload(
    createService('http://here', () => null),
    (changes) => kept.push(changes),
  );
  return { upload, asked, kept };
}

test('an upload is announced, sent and looked into, and the address gets each of them', async () => {
  const { upload, asked, kept } = await openUpload();
  await upload.start([new File(['abc'], 'a.npy')]);
  expect(asked).toEqual(['POST recordings', 'PATCH 0', 'POST ingest']);
  expect(kept).toEqual([
    expect.objectContaining({ recording: expect.stringMatching(/^[0-9a-f]{64}$/), ingest: '' }),
    { ingest: expect.stringMatching(/^[0-9a-f]{32}$/) },
  ]);
  expect(upload.state.value).toMatchObject({ step: 'idle', done: 3, total: 3, error: undefined });
});

test('an upload that is stopped sends no more, and the next one begins anew', async () => {
  const { upload, asked } = await openUpload();
  const stopped = upload.start([new File(['abc'], 'a.npy')]);
  expect(upload.state.value).toMatchObject({ step: 'hashing', done: 0, total: 3 });
  upload.stop();
  await stopped;
  expect([asked, upload.state.value.step, upload.state.value.error]).toEqual([
    [],
    'idle',
    undefined,
  ]);
  await upload.start([new File(['abc'], 'a.npy')]);
  expect(asked).toHaveLength(3);
});

test('an upload that the service refuses says why', async () => {
  const full = () => Response.json({ detail: 'too many bytes' }, { status: 507 });
  const { upload, kept } = await openUpload(full);
  await upload.start([new File(['abc'], 'a.npy')]);
  expect(upload.state.value).toMatchObject({ step: 'idle', error: { message: 'too many bytes' } });
  expect(kept).toEqual([]);
});

test('bytes are written in the unit that fits', () => {
  expect([0, 999, 1000, 12_345_678, 2e12].map(formatBytes)).toEqual([
    '0 bytes',
    '999 bytes',
    '1.00 kB',
    '12.3 MB',
    '2.00 TB',
  ]);
  expect(byteUnit(5e9)).toEqual({ unit: 'GB', size: 1e9 });
});
