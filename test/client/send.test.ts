import { expect, test } from 'vitest';
import { Problem } from '../../src/client/problem.js';
import { createSend } from '../../src/client/send.js';

/** Sends a request to a service that gives these answers one after the other. */
function sendTo(...answers: (() => Promise<Response>)[]) {
  const seen: Headers[] = [];
  const send = createSend({
    key: 'secret',
    retries: 2,
    fetch: (_, init) => {
      seen.push(new Headers(init?.headers));
      return answers.shift()!();
    },
  });
  return { seen, send };
}

const answer =
  (status: number, headers = {}) =>
  async () =>
    new Response('', { status, headers });
const busy = answer(503, { 'Retry-After': '0' });
const away = () => Promise.reject(new TypeError('fetch failed'));

test('a request is sent again while the service is busy, with the same Idempotency-Key', async () => {
  const { seen, send } = sendTo(busy, answer(429, { 'Retry-After': '0' }), answer(200));
  expect((await send('http://here/', { method: 'POST' })).status).toBe(200);
  const keys = seen.map((headers) => headers.get('Idempotency-Key'));
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  expect(new Set(keys).size).toBe(1);
  expect(seen.map((headers) => headers.get('Authorization'))).toEqual(
    Array(3).fill('Bearer secret'),
  );
});

test('after the last attempt the answer is that of the service', async () => {
  const { seen, send } = sendTo(busy, busy, busy);
  expect((await send('http://here/')).status).toBe(503);
  expect(seen.length).toBe(3);
  expect(seen[0]!.has('Idempotency-Key')).toBe(false);
});

test('a request that is wrong is sent once', async () => {
  const { seen, send } = sendTo(answer(422));
  expect((await send('http://here/', { method: 'POST' })).status).toBe(422);
  expect(seen.length).toBe(1);
});

test('a DELETE is sent again where it was refused, not where it may have been done', async () => {
  const refused = sendTo(busy, answer(200));
  expect((await refused.send('http://here/', { method: 'DELETE' })).status).toBe(200);
  const lost = sendTo(away, answer(404));
  await expect(lost.send('http://here/', { method: 'DELETE' })).rejects.toThrow('does not answer');
  expect(lost.seen.length).toBe(1);
});

test('a service that does not answer is a problem without a status', async () => {
  const once = createSend({ key: undefined, retries: 0, fetch: away });
  const error = await once('http://here/').catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ status: 0, message: expect.stringContaining('does not answer') });
});

test('a request that was aborted is not sent again', async () => {
  const controller = new AbortController();
  const { seen, send } = sendTo(async () => {
    controller.abort(new Error('over'));
    return busy();
  });
  await expect(send('http://here/', { signal: controller.signal })).rejects.toThrow('over');
  expect(seen.length).toBe(1);
});
