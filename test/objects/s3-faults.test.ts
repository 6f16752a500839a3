import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'vitest';
import { createS3Objects } from '../../src/objects/s3-objects.js';
import { inStorage } from '../../src/objects/storage-fault.js';
import { moto, testWith } from '../support/capabilities.js';
import { s3Error, s3ForTests, startFaultyS3, unfinishedUploads } from '../support/s3.js';

const test = testWith(moto());
const openS3 = s3ForTests();
const LARGE = 20 * 2 ** 20;

async function openFaulty() {
  const s3 = await openS3();
  const proxy = await startFaultyS3(s3);
  const options = { ...s3, setting: 'DATA_DIR' };
  const store = createS3Objects({ ...options, endpoint: proxy.endpoint });
  return { s3, proxy, store, direct: createS3Objects(options) };
}

/** Lets half of a body arrive, then cuts the connection. */
function cut(request: IncomingMessage): true {
  request.once('data', () => request.socket.destroy());
  return true;
}

for (const [name, bytes] of [
  ['at once', 2 ** 20],
  ['in parts', LARGE],
] as const) {
  test(`an upload ${name} whose connection is cut is not seen`, async () => {
    const { s3, proxy, store, direct } = await openFaulty();
    proxy.fault = (request) => request.method === 'PUT' && cut(request);
    const rejected = store.put('a', Buffer.alloc(bytes, 1));
    await expect(rejected).rejects.toThrow(/the storage of DATA_DIR cannot be reached \(E\w+\)/);
    expect(await direct.stat('a')).toBeUndefined();
    expect(await unfinishedUploads(s3)).toEqual([]);
    expect(proxy.requests.filter((each) => each.startsWith('PUT'))).toHaveLength(3);
  });

  test(`an upload ${name} that was cut once is completed by sending it again`, async () => {
    const { proxy, store, direct } = await openFaulty();
    let cuts = 1;
    proxy.fault = (request) => request.method === 'PUT' && cuts-- > 0 && cut(request);
    const content = Buffer.alloc(bytes, 1);
    expect(await store.put('a', content)).toBe(true);
    expect((await direct.read('a', bytes))?.content.equals(content)).toBe(true);
  });
}

test('an upload in parts that loses its last request leaves what was there', async () => {
  const { s3, proxy, store, direct } = await openFaulty();
  await direct.put('a', Buffer.from('before'));
  proxy.fault = (request, answer) =>
    request.method === 'POST' &&
    request.url?.includes('uploadId') === true &&
    s3Error(answer, 500, 'InternalError');
  await expect(store.put('a', Buffer.alloc(LARGE, 1))).rejects.toThrow(
    'the storage of DATA_DIR answers with status 500 (InternalError)',
  );
  expect((await direct.read('a', LARGE))?.content.toString()).toBe('before');
  expect(await unfinishedUploads(s3)).toEqual([]);
});

test('an answer that breaks off is read again; one that always breaks off is an error, never a part', async () => {
  const { proxy, store, direct } = await openFaulty();
  const content = Buffer.alloc(2 ** 20, 7);
  await direct.put('a', content);
  let breaks = 2;
  const breakOff = (request: IncomingMessage, answer: ServerResponse) => {
    if (request.method !== 'GET' || breaks-- <= 0) return false;
    answer.writeHead(200, { 'Content-Length': String(content.length) });
    answer.write(content.subarray(0, 1000), () => answer.destroy());
    return true;
  };
  proxy.fault = breakOff;
  expect((await store.read('a', content.length))?.content.equals(content)).toBe(true);
  breaks = Infinity;
  await expect(store.read('a', content.length)).rejects.toThrow('broke off while a was read');
});

for (const [what, code, status, message] of [
  ['busy', 'SlowDown', 503, 'asks for fewer requests (SlowDown)'],
  ['closed to these keys', 'AccessDenied', 403, 'denies access (AccessDenied)'],
  [
    'given a wrong secret key',
    'SignatureDoesNotMatch',
    403,
    'does not accept the secret key (SignatureDoesNotMatch)',
  ],
  [
    'given a wrong access key',
    'InvalidAccessKeyId',
    403,
    'does not know the access key (InvalidAccessKeyId)',
  ],
] as const) {
  test(`S3 that is ${what} is an error 503 with the reason`, async () => {
    const { proxy, store } = await openFaulty();
    proxy.fault = (request, answer) => {
      request.resume();
      return s3Error(answer, status, code);
    };
    const remedy = code === 'SlowDown' ? 'send it again later' : 'mend that, then send it again';
    for (const work of [
      (): Promise<unknown> => store.read('a', 10),
      () => store.put('a', Buffer.from('x')),
      () => store.remove('a'),
    ]) {
      await expect(inStorage('it cannot be done', work)).rejects.toMatchObject({
        code: 'storage',
        status: 503,
        retryAfter: 10,
        message: `it cannot be done: the storage of DATA_DIR ${message}; ${remedy}`,
      });
    }
  });
}

test('a missing bucket is an error, also where S3 does not say which is missing', async () => {
  const s3 = await openS3();
  const store = createS3Objects({ ...s3, place: 's3://no-such-bucket/x', setting: 'DATA_DIR' });
  const reason = 'the storage of DATA_DIR has no such bucket (NoSuchBucket)';
  await expect(store.stat('a')).rejects.toThrow(reason);
  await expect(store.read('a', 10)).rejects.toThrow(reason);
  await expect(store.put('a', Buffer.from('x'))).rejects.toThrow(reason);
  await expect(store.list()[Symbol.asyncIterator]().next()).rejects.toThrow(reason);
});

test('S3 that is away is an error after a few tries, without open connections', async () => {
  const s3 = await openS3();
  const options = { ...s3, endpoint: 'http://127.0.0.1:1', setting: 'MODELS_DIR' };
  await expect(createS3Objects(options).read('a', 10)).rejects.toThrow(
    'the storage of MODELS_DIR cannot be reached (ECONNREFUSED)',
  );
});

test('many reads, writes and failures leave few connections open', async () => {
  const { proxy, store } = await openFaulty();
  await store.put('a', Buffer.alloc(1000));
  let requests = 0;
  proxy.fault = (request, answer) => {
    requests += 1;
    if (requests % 5 !== 0) return false;
    request.resume();
    return s3Error(answer, 500, 'InternalError');
  };
  for (let i = 0; i < 100; i++) {
    await store.read('a', 1000).catch(() => undefined);
    await store.read('a', 10).catch(() => undefined);
    await store.readStart('a', 10);
    await store.put(`b${i}`, Buffer.alloc(10)).catch(() => undefined);
    await store.stat('none').catch(() => undefined);
  }
  expect(await proxy.connections()).toBeLessThanOrEqual(2);
});
