import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createTestApp } from '../../support/app.js';
import { startTestApp } from '../../support/listening-app.js';
import { IN_JSON, INFER, jsonRequest, withBinaryStimulus } from '../../support/protocol.js';
import { rejection, withInput } from '../../support/protocol-rejection.js';

const request = (change: object) => jsonRequest({ inputs: [IN_JSON], ...change });

test('JSON that is too deep, cut off or not an inference request is rejected', async () => {
  const deep = (depth: number) => ({
    method: 'POST',
    body: `{"inputs": ${'['.repeat(depth)}${']'.repeat(depth)}}`,
  });
  expect(await rejection(deep(64))).toMatchInlineSnapshot(
    `"400 the JSON is nested deeper than 64 at position 74"`,
  );
  expect(await rejection(deep(63))).toMatch(/^422 inputs\[0\]: /);
  const brackets = { method: 'POST', body: JSON.stringify({ inputs: ['\\"[[[[[[[[[[[[[[[[[['] }) };
  expect(await rejection(brackets)).toMatch(/^422 inputs\[0\]: /);
  const bomb = { method: 'POST', body: '['.repeat(5_000_000) };
  expect(await rejection(bomb, INFER, { limits: { maxBody: 2 ** 26 } })).toMatchInlineSnapshot(
    `"400 the JSON is nested deeper than 64 at position 64"`,
  );
  expect(await rejection({ method: 'POST', body: '{"inputs": [' })).toMatch(
    /^400 the body is not JSON/,
  );
  expect(await rejection({ method: 'POST' })).toMatchInlineSnapshot(
    `"400 the body is empty; an inference request is expected"`,
  );
  expect(await rejection({ method: 'POST', body: Uint8Array.of(0xff) })).toMatchInlineSnapshot(
    `"400 the body is not text in UTF-8"`,
  );
  expect(await rejection(jsonRequest([]))).toMatchInlineSnapshot(
    `"422 the body: is an empty list; expected an object"`,
  );
  expect(await rejection(jsonRequest({ inputs: [] }))).toMatchInlineSnapshot(
    `"422 inputs: is an empty list; expected at least 1 entry"`,
  );
});

test('inputs and outputs that the model does not have are rejected', async () => {
  expect(await rejection(withInput({ name: 'image' }))).toMatchInlineSnapshot(
    `"422 inputs[0].name: 'image' is not known; expected stimulus or neurons"`,
  );
  expect(await rejection(jsonRequest({ inputs: [IN_JSON, IN_JSON] }))).toMatchInlineSnapshot(
    `"422 inputs[1].name: 'stimulus' is given twice"`,
  );
  const alone = { name: 'neurons', shape: [1], datatype: 'INT32', data: [0] };
  expect(await rejection(jsonRequest({ inputs: [alone] }))).toMatchInlineSnapshot(
    `"422 inputs: 'stimulus' is missing"`,
  );
  expect(await rejection(request({ outputs: [{ name: 'probabilities' }] }))).toMatchInlineSnapshot(
    `"422 outputs[0].name: 'probabilities' is not known; expected responses"`,
  );
  const twice = [{ name: 'responses' }, { name: 'responses' }];
  expect(await rejection(request({ outputs: twice }))).toMatchInlineSnapshot(
    `"422 outputs[1].name: 'responses' is requested twice"`,
  );
});

test('parameters that would change the response but are not supported are rejected', async () => {
  expect(await rejection(request({ parameters: { sequence_id: 3 } }))).toMatchInlineSnapshot(
    `"422 parameters: unknown key: "sequence_id"; expected one of binary_data_output, timeout, priority"`,
  );
  expect(
    await rejection(
      request({ outputs: [{ name: 'responses', parameters: { classification: 3 } }] }),
    ),
  ).toMatchInlineSnapshot(
    `"422 outputs[0].parameters: unknown key: "classification"; expected binary_data"`,
  );
  const shared = { shared_memory_region: 'a', shared_memory_byte_size: 48 };
  expect(await rejection(withInput({ parameters: shared, data: undefined }))).toMatchInlineSnapshot(
    `"422 inputs[0].parameters: unknown keys: "shared_memory_region", "shared_memory_byte_size"; expected one of binary_data_size, content_type"`,
  );
  expect(await rejection(request({ parameters: { timeout: -1 } }))).toMatchInlineSnapshot(
    `"422 parameters.timeout: is -1; expected at least 0"`,
  );
  expect(await rejection(request({ parameters: { timeout: '1s' } }))).toMatchInlineSnapshot(
    `"422 parameters.timeout: is "1s"; expected a number"`,
  );
});

test('compressed bodies that are corrupted, of an unknown encoding or bombs are rejected', async () => {
  const { body, headers, method } = withBinaryStimulus();
  const encoded = (encoding: string, bytes: Uint8Array) => ({
    method,
    body: new Uint8Array(bytes),
    headers: { ...headers, 'Content-Encoding': encoding },
  });
  const zipped = gzipSync(body);
  expect(await rejection(encoded('gzip', zipped.subarray(0, -9)))).toMatchInlineSnapshot(
    `"400 the body cannot be read as gzip: truncated or corrupted"`,
  );
  expect(await rejection(encoded('deflate', zipped))).toMatchInlineSnapshot(
    `"400 the body cannot be read as deflate: truncated or corrupted"`,
  );
  expect(await rejection(encoded('gzip', Buffer.alloc(0)))).toMatchInlineSnapshot(
    `"400 the body cannot be read as gzip: truncated or corrupted"`,
  );
  expect(await rejection(encoded('br', brotliCompressSync(body)))).toMatchInlineSnapshot(
    `"415 Content-Encoding is not accepted: br; expected gzip or deflate"`,
  );
  expect(await rejection(encoded('gzip, gzip', gzipSync(zipped)))).toMatchInlineSnapshot(
    `"415 Content-Encoding is not accepted: gzip, gzip; expected gzip or deflate"`,
  );
  const bomb = gzipSync(Buffer.alloc(2 ** 24));
  const limits = { maxBody: 2 ** 15 };
  expect(bomb.length).toBeLessThan(limits.maxBody);
  expect(await rejection(encoded('gzip', bomb), INFER, { limits })).toMatchInlineSnapshot(
    `"413 the body is larger than 32768 bytes, the most that is accepted"`,
  );
  const { app } = createTestApp();
  const rejected = await app.request(INFER, encoded('br', brotliCompressSync(body)));
  expect(rejected.headers.get('Accept-Encoding')).toBe('gzip, deflate');
});

test('models, paths and methods that do not exist are reported', async () => {
  const good = jsonRequest({ inputs: [IN_JSON] });
  expect(await rejection(good, '/v2/models/other/infer')).toMatchInlineSnapshot(
    `"404 unknown model: 'other'; expected one of tiny, broken"`,
  );
  expect(await rejection(good, '/v2/models/tiny/versions/3/infer')).toMatchInlineSnapshot(
    `"404 unknown version of tiny: 3; expected one of 1, 2"`,
  );
  expect(await rejection(good, '/v2/models/broken/infer')).toMatchInlineSnapshot(
    `"503 broken/1 is not served: no 'x.bin'"`,
  );
  expect(await rejection({}, '/v2/models/broken/ready')).toMatchInlineSnapshot(
    `"503 broken/1 is not served: no 'x.bin'"`,
  );
  expect(await rejection({}, '/v2/models/other')).toMatchInlineSnapshot(
    `"404 unknown model: 'other'; expected one of tiny, broken"`,
  );
  expect(await rejection({}, '/v2/nothing')).toMatchInlineSnapshot(
    `"404 no such path; expected one of those that GET / lists"`,
  );
  expect(await rejection({}, INFER)).toMatchInlineSnapshot(
    `"405 method not allowed: GET; expected POST"`,
  );
});

test('a full queue, a loading or stopping service, and a bug have the same form', async () => {
  const { app, engine, state, scheduler } = createTestApp({ capacity: 2 });
  const good = jsonRequest({ inputs: [IN_JSON] });
  engine.hold();
  const first = app.request(INFER, good);
  await engine.whenRequested(1);
  const second = app.request(INFER, good);
  await expect.poll(() => scheduler.depth).toBe(4);
  const full = await app.request(INFER, good);
  expect([full.status, full.headers.get('Retry-After')]).toEqual([429, '1']);
  expect(await full.json()).toEqual({
    error: 'too many waiting stimuli: 4; expected at most 2',
  });
  engine.open();
  await Promise.all([first, second]);
  engine.failNext(new Error('secret at /srv/weights'));
  const bug = await app.request(INFER, good);
  expect(bug.status).toBe(500);
  expect(await bug.json()).toEqual({
    error: 'an error in the service; its log has it under the requestId',
  });
  state.readiness = { state: 'loading' };
  const early = await app.request(INFER, good);
  expect(early.status).toBe(503);
  expect(await early.json()).toEqual({ error: 'the models are still being loaded' });
});

test('a chunked body without a Content-Type is read over a socket like any other', async () => {
  const { url } = await startTestApp();
  const { hostname, port } = new URL(url);
  const { body, headers } = withBinaryStimulus();
  const length = headers['Inference-Header-Content-Length'];
  const send = async (chunks: readonly Uint8Array[]) => {
    const socket = connect(Number(port), hostname);
    const lines = [
      `POST ${INFER} HTTP/1.1`,
      'Host: x',
      'Connection: close',
      'Transfer-Encoding: chunked',
      `Inference-Header-Content-Length: ${length}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    for (const chunk of chunks) {
      socket.write(`${chunk.length.toString(16)}\r\n`);
      socket.write(chunk);
      socket.write('\r\n');
    }
    socket.write('0\r\n\r\n');
    return await text(socket);
  };
  const whole = await send([body.subarray(0, 7), body.subarray(7, 100), body.subarray(100)]);
  expect(whole).toMatch(/^HTTP\/1.1 200 OK\r\n/);
  expect(whole).toContain('"data":[1.5,3,4.5,6,6,12,18,24]');
  expect(await send([body.subarray(0, -4)])).toMatch(/^HTTP\/1.1 422 /);
  expect(await send([body, new Uint8Array(5000)])).toMatch(/^HTTP\/1.1 413 /);
});
