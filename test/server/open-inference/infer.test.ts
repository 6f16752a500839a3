import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTestApp } from '../../support/app.js';
import {
  binaryRequest,
  bytesOf,
  IN_JSON,
  INFER,
  jsonRequest,
  PIXELS,
  RESPONSES,
  readBinaryAnswer,
  STIMULUS,
  withBinaryStimulus,
} from '../../support/protocol.js';

async function dataOf(answer: Response | Promise<Response>): Promise<unknown> {
  const { outputs } = (await (await answer).json()) as { outputs: { data: unknown }[] };
  return outputs[0]?.data;
}

test('JSON in gives JSON out with the same id', async () => {
  const { app } = createTestApp();
  const answer = await app.request(INFER, jsonRequest({ id: 'trial-1', inputs: [IN_JSON] }));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Content-Type')).toBe('application/json');
  expect(await answer.json()).toEqual({
    model_name: 'tiny',
    model_version: '2',
    id: 'trial-1',
    outputs: [{ name: 'responses', datatype: 'FP32', shape: [2, 4], data: RESPONSES }],
  });
});

test('data may be nested like the shape, and pixels may be UINT8', async () => {
  const { app } = createTestApp();
  const nested = [
    [
      [0, 0.25],
      [0.5, 0],
      [0.25, 0.5],
    ],
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  ];
  const send = (input: object) =>
    dataOf(app.request(INFER, jsonRequest({ inputs: [{ ...STIMULUS, ...input }] })));
  expect(await send({ data: nested })).toEqual(RESPONSES);
  const grays = [0, 51, 102, 0, 51, 102, 255, 255, 255, 255, 255, 255];
  const [first, ...rest] = (await send({ datatype: 'UINT8', data: grays })) as number[];
  expect(first).toBeCloseTo(1.2, 6); // 306 / 255
  expect(rest.slice(3)).toEqual(RESPONSES.slice(4));
});

test('warnings are in the headers and in the parameters of the response', async () => {
  const { app } = createTestApp();
  const send = (input: object, more: object = {}) =>
    app.request(INFER, jsonRequest({ inputs: [{ ...STIMULUS, ...input }], ...more }));
  const stripes = { shape: [1, 3, 2], data: [0, 1, 0, 1, 0, 1] };
  const strong = [
    {
      warning: 'outside the training range: RMS contrast of the whole image 0.5 > 0.4',
      first: 0,
      count: 1,
    },
  ];
  for (const binary of [false, true]) {
    const answer = await send(stripes, { parameters: { binary_data_output: binary } });
    const json = binary ? (await readBinaryAnswer(answer)).json : await answer.json();
    const { parameters } = json as { parameters: { warnings: string } };
    expect(JSON.parse(parameters.warnings)).toEqual(strong);
    expect(JSON.parse(answer.headers.get('X-Stimulus-Warnings')!)).toEqual(strong);
    expect(answer.headers.get('X-Stimulus-Digests')).toMatch(/^[0-9a-f]{64}$/);
  }
  const black = await send({ ...stripes, datatype: 'UINT8' });
  expect(black.headers.get('X-Stimulus-Warnings')).toContain('nearly black');
  const gray = await send({ ...stripes, data: [0.5, 0.5, 0.5, 0.5, 0.5, 0.5] });
  expect(gray.headers.has('X-Stimulus-Warnings')).toBe(false);
  expect(await gray.json()).not.toHaveProperty('parameters');
});

test('binary in gives binary out where it is requested', async () => {
  const { app } = createTestApp();
  const answer = await app.request(
    INFER,
    withBinaryStimulus({ parameters: { binary_data_output: true } }),
  );
  expect(answer.headers.get('Content-Type')).toBe('application/octet-stream');
  expect(await readBinaryAnswer(answer)).toEqual({
    json: {
      model_name: 'tiny',
      model_version: '2',
      outputs: [
        {
          name: 'responses',
          datatype: 'FP32',
          shape: [2, 4],
          parameters: { binary_data_size: 32 },
        },
      ],
    },
    values: RESPONSES,
  });
});

test('each output chooses whether it is binary', async () => {
  const { app } = createTestApp();
  const send = async (binary_data: boolean, binary_data_output: boolean) => {
    const outputs = [{ name: 'responses', parameters: { binary_data } }];
    const parameters = { binary_data_output };
    const answer = await app.request(INFER, withBinaryStimulus({ outputs, parameters }));
    return answer.headers.has('Inference-Header-Content-Length');
  };
  expect(await send(true, false)).toBe(true);
  expect(await send(false, true)).toBe(false);
  const named = withBinaryStimulus({ outputs: [{ name: 'responses' }] });
  expect(await dataOf(app.request(INFER, named))).toEqual(RESPONSES);
});

test('a body that is only the stimuli has the header length 0', async () => {
  const { app } = createTestApp();
  const headers = { 'Inference-Header-Content-Length': '0' };
  const answer = await app.request(INFER, { method: 'POST', body: bytesOf(PIXELS), headers });
  expect((await readBinaryAnswer(answer)).values).toEqual(RESPONSES);
});

test('neurons are chosen by id, in JSON or binary, before or after the stimuli', async () => {
  const { app, engine } = createTestApp();
  const neurons = { name: 'neurons', shape: [3], datatype: 'INT32' };
  const chosen = [6, 1.5, 3, 24, 6, 12];
  const inJson = { ...neurons, data: [7, 0, 1] };
  const answer = await app.request(INFER, jsonRequest({ inputs: [inJson, IN_JSON] }));
  expect(await answer.json()).toMatchObject({ outputs: [{ shape: [2, 3], data: chosen }] });
  expect(engine.requests[0]?.neurons).toEqual(Int32Array.of(3, 0, 1));
  const tensors = [bytesOf(Int32Array.of(7, 0, 1)), bytesOf(PIXELS)];
  const sized = (input: object, i: number) => ({
    ...input,
    parameters: { binary_data_size: tensors[i]!.length },
  });
  const inputs = [neurons, STIMULUS].map(sized);
  expect(await dataOf(app.request(INFER, binaryRequest({ inputs }, tensors)))).toEqual(chosen);
  const mixed = binaryRequest({ inputs: [sized(STIMULUS, 1), inJson] }, [tensors[1]!]);
  expect(await dataOf(app.request(INFER, mixed))).toEqual(chosen);
});

test('a version is selected by its number', async () => {
  const { app, engine } = createTestApp();
  const request = jsonRequest({ inputs: [IN_JSON] });
  const answer = await app.request('/v2/models/tiny/versions/1/infer', request);
  expect(await answer.json()).toMatchObject({ model_version: '1' });
  expect(engine.requests.map(({ digest }) => digest[0])).toEqual(['1']);
});

test('an input in any datatype gives the engine the same pixels', async () => {
  const pixel = fc.float({ min: 0, max: 1, noNaN: true });
  const stimuli = fc.array(fc.array(pixel, { minLength: 6, maxLength: 6 }), {
    minLength: 1,
    maxLength: 5,
  });
  await fc.assert(
    fc.asyncProperty(stimuli, async (images) => {
      const { app, engine } = createTestApp();
      const values = Float32Array.from(images.flat());
      const tensor = bytesOf(values);
      const input = { ...STIMULUS, shape: [images.length, 3, 2] };
      const nested = images.map((image) => [0, 2, 4].map((i) => image.slice(i, i + 2)));
      const sized = { ...input, parameters: { binary_data_size: tensor.length } };
      const raw = { 'Inference-Header-Content-Length': '0' };
      const requests: RequestInit[] = [
        jsonRequest({ inputs: [{ ...input, data: images.flat() }] }),
        jsonRequest({ inputs: [{ ...input, data: nested }] }),
        binaryRequest({ inputs: [sized] }, [tensor]),
        { method: 'POST', body: tensor, headers: raw },
      ];
      for (const request of requests) {
        expect((await app.request(INFER, request)).status).toBe(200);
      }
      expect(engine.requests.map(({ stimuli }) => stimuli.pixels)).toEqual(
        requests.map(() => values),
      );
    }),
  );
});

test('a body may be compressed, and the header length counts the uncompressed bytes', async () => {
  const { app } = createTestApp();
  const { body, headers, method } = withBinaryStimulus();
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['GZIP', gzipSync],
    ['deflate', deflateSync],
  ] as const) {
    const request = {
      method,
      body: new Uint8Array(compress(body)),
      headers: { ...headers, 'Content-Encoding': encoding },
    };
    expect(await dataOf(app.request(INFER, request))).toEqual(RESPONSES);
  }
});

test('a response is compressed when that is requested and worthwhile', async () => {
  const { app } = createTestApp();
  const count = 100;
  const input = { ...STIMULUS, shape: [count, 3, 2], data: Array(count * 6).fill(1) };
  const send = (accept: string, data = input) =>
    app.request(INFER, jsonRequest({ inputs: [data] }, { 'Accept-Encoding': accept }));
  const plain = await send('identity');
  expect(plain.headers.get('Content-Encoding')).toBeNull();
  expect(plain.headers.get('Vary')).toBe('Accept-Encoding');
  const expected = await plain.text();
  for (const [accept, encoding, decompress] of [
    ['gzip', 'gzip', gunzipSync],
    ['deflate', 'deflate', inflateSync],
    ['gzip;q=0, deflate', 'deflate', inflateSync],
    ['br, gzip;q=0.5', 'gzip', gunzipSync],
  ] as const) {
    const answer = await send(accept);
    expect(answer.headers.get('Content-Encoding')).toBe(encoding);
    const body = Buffer.from(await answer.arrayBuffer());
    expect(body.length).toBeLessThan(expected.length);
    expect(decompress(body).toString()).toBe(expected);
  }
  expect((await send('gzip', IN_JSON)).headers.get('Content-Encoding')).toBeNull();
  expect((await send('br')).headers.get('Content-Encoding')).toBeNull();
});

test('the headers are those of /v1: request id, timing, digest, If-Match', async () => {
  const { app, engine, time } = createTestApp();
  engine.hold();
  const waiting = app.request(
    INFER,
    jsonRequest({ inputs: [IN_JSON] }, { 'X-Request-Id': 'rig-1' }),
  );
  await engine.whenRequested(1);
  time.now += 250;
  engine.open();
  const { headers } = await waiting;
  expect(headers.get('X-Request-Id')).toBe('rig-1');
  expect(headers.get('ETag')).toBe(`"${'2'.repeat(64)}"`);
  expect(headers.get('Server-Timing')).toBe(
    'decode;dur=0, queue;dur=0, infer;dur=250, encode;dur=0, total;dur=250',
  );
  const pinned = (digest: string) =>
    app.request(INFER, jsonRequest({ inputs: [IN_JSON] }, { 'If-Match': `"${digest}"` }));
  expect((await pinned('2'.repeat(64))).status).toBe(200);
  expect((await pinned('1'.repeat(64))).status).toBe(412);
});

test.each([
  ['timeout, in microseconds', { timeout: 10_000 }, {}, 11],
  ['X-Deadline-Ms', {}, { 'X-Deadline-Ms': '10' }, 11],
  ['the timeout where it is sooner', { timeout: 10_000 }, { 'X-Deadline-Ms': '500' }, 11],
  ['X-Deadline-Ms where it is sooner', { timeout: 500_000 }, { 'X-Deadline-Ms': '10' }, 11],
])('a request past its deadline is rejected: %s', async (_, parameters, headers, now) => {
  const { app, engine, time } = createTestApp();
  engine.hold();
  const patient = app.request(
    INFER,
    jsonRequest({ inputs: [IN_JSON], parameters: { timeout: 0 } }),
  );
  await engine.whenRequested(1);
  const late = app.request(INFER, jsonRequest({ inputs: [IN_JSON], parameters }, headers));
  time.now = now;
  engine.open();
  expect((await patient).status).toBe(200);
  const rejected = await late;
  expect([rejected.status, rejected.headers.get('Retry-After')]).toEqual([503, '1']);
  expect(await rejected.json()).toEqual({
    error: 'the deadline passed before the responses were there',
  });
  expect(engine.requests).toHaveLength(1);
});

test('a priority above 1 lets earlier levels pass', async () => {
  const { app, engine, scheduler } = createTestApp();
  engine.hold();
  const send = (version: number, priority: number) =>
    app.request(
      `/v2/models/tiny/versions/${version}/infer`,
      jsonRequest({ inputs: [IN_JSON], parameters: { priority } }),
    );
  const answers = [send(1, 0)];
  await engine.whenRequested(1);
  answers.push(send(1, 2), send(2, 1));
  await expect.poll(() => scheduler.depth).toBe(6);
  engine.open();
  await Promise.all(answers);
  // A low-priority request begins with one stimulus.
  expect(engine.requests.map(({ digest }) => digest[0])).toEqual(['1', '2', '1', '1']);
});
