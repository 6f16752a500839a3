import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeNpy } from '../../../src/formats/npy.js';
import { createTestApp } from '../../support/app.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const NPY = encodeNpy(new Float32Array(6).fill(0.5), [3, 2]);

test('a body that arrives too slowly is answered with 408 and releases its memory', async () => {
  const { app, deps } = createTestApp({ limits: { maxBody: 2 ** 20 } });
  const stalled = new ReadableStream({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
  });
  const init: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    duplex: 'half',
    body: stalled,
    headers: { 'Content-Length': String(2 ** 20), 'Content-Type': 'application/x-npy' },
  };
  const answer = app.request('/v1/models/tiny/responses', init);
  await vi.advanceTimersByTimeAsync(6999);
  const { signal } = new AbortController();
  let entered = false;
  void deps.bodies.enter(2 ** 20, { signal }).then(() => {
    entered = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  expect(entered).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  const { status, headers } = await answer;
  expect([status, headers.get('Connection')]).toEqual([408, 'close']);
  await vi.advanceTimersByTimeAsync(0);
  expect(entered).toBe(true);
});

test('a body that arrives in time leaves no timer', async () => {
  const { app } = createTestApp();
  const { status } = await app.request('/v1/models/tiny/responses', {
    method: 'POST',
    body: new Uint8Array(NPY),
    headers: { 'Content-Length': String(NPY.length), 'Content-Type': 'application/x-npy' },
  });
  expect(status).toBe(200);
  expect(vi.getTimerCount()).toBe(0);
});
