import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { createTestApp, type TestAppOptions } from '../support/app.js';
import { tinyModel } from '../support/cards.js';

const MODEL = '/v1/models/tiny';
const RESPONSES = `${MODEL}/responses`;
const GOOD = new Uint8Array(encodeNpy(new Float32Array(6).fill(0.5), [3, 2]));

function post(body: NonNullable<RequestInit['body']>, contentType: string): RequestInit {
  return { method: 'POST', body, headers: { 'Content-Type': contentType } };
}

const npy = (values: Float32Array, shape: number[]) =>
  post(new Uint8Array(encodeNpy(values, shape)), 'application/x-npy');
const good = post(GOOD, 'application/x-npy');
const json = (body: unknown) => post(JSON.stringify(body), 'application/json');

/** Sends a bad request and then a good one. @returns the problem on two lines */
async function rejection(path: string, request: RequestInit, options: TestAppOptions = {}) {
  const { app, engine, scheduler, log } = createTestApp(options);
  const answer = await app.request(path, {
    ...request,
    headers: { ...request.headers, 'X-Request-Id': 'id' },
  });
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  const problem = (await answer.json()) as Record<string, unknown>;
  const { type, title, status, detail, errors = [], requestId, ...rest } = problem;
  expect({ type, title: typeof title, status, requestId, rest }).toEqual({
    type: 'about:blank',
    title: 'string',
    status: answer.status,
    requestId: 'id',
    rest: {},
  });
  expect(engine.requests).toHaveLength(0);
  expect(log).toHaveLength(1);
  expect(scheduler.depth).toBe(0);
  expect((await app.request(RESPONSES, good)).status).toBe(200);
  const paths = (errors as { path: string }[]).map((error) => error.path);
  return `${status} ${detail}${paths.length > 0 ? ` @ ${paths.join(', ')}` : ''}`;
}

test('stimuli of another size are rejected', async () => {
  expect(await rejection(RESPONSES, npy(new Float32Array(8), [2, 4]))).toMatchInlineSnapshot(
    `"422 stimulus 0 is 2 high x 4 wide; the model takes 3 high x 2 wide; its proportions would change by a factor of 3; ?fit=resize takes at most 2; check the order of its axes, or add ?fit=stretch @ stimuli[0]"`,
  );
});

test('pixels that are not numbers or outside 0..1 are rejected', async () => {
  const values = new Float32Array(12);
  values[8] = Number.NaN;
  expect(await rejection(RESPONSES, npy(values, [2, 3, 2]))).toMatchInlineSnapshot(
    `"422 stimuli[1][1][0] is NaN: pixels must be finite @ stimuli[1][1][0]"`,
  );
  values[8] = 255;
  expect(await rejection(RESPONSES, npy(values, [2, 3, 2]))).toMatchInlineSnapshot(
    `"422 stimuli[1][1][0] is 255: pixels are 0..1 as floats, 0..255 only as 8-bit integers; divide by 255 @ stimuli[1][1][0]"`,
  );
});

test('a PNG and a .npy file that are cut off are rejected', async () => {
  const raw = { width: 2, height: 3, channels: 1 } as const;
  const png = await sharp(Buffer.alloc(6), { raw }).png().toBuffer();
  const half = new Uint8Array(png.subarray(0, png.length - 20));
  expect(await rejection(RESPONSES, post(half, 'image/png'))).toMatchInlineSnapshot(
    `"400 the PNG is truncated or corrupted"`,
  );
  expect(
    await rejection(RESPONSES, post(GOOD.slice(0, -4), 'application/x-npy')),
  ).toMatchInlineSnapshot(
    `"400 the .npy file is cut off: shape (3, 2) needs 24 bytes of data, 20 are there"`,
  );
});

test('an empty body and bodies that contradict their type are rejected', async () => {
  expect(await rejection(RESPONSES, post('', 'application/x-npy'))).toMatchInlineSnapshot(
    `"400 the body is empty; expected stimuli: check the path of the file that is sent"`,
  );
  expect(await rejection(RESPONSES, post('hello', 'application/x-npy'))).toMatchInlineSnapshot(
    `"400 not a .npy file: it does not begin with the bytes \\x93NUMPY"`,
  );
  expect(await rejection(RESPONSES, post('hello', 'image/png'))).toMatchInlineSnapshot(
    `"400 the bytes are not a PNG, JPEG, WebP or TIFF image"`,
  );
  expect(await rejection(RESPONSES, post('hello', 'multipart/form-data'))).toMatchInlineSnapshot(
    `"400 the multipart body cannot be read: the Content-Type "multipart/form-data" has no boundary; expected multipart/form-data; boundary=..."`,
  );
});

test('an unknown media type is rejected', async () => {
  expect(
    await rejection(RESPONSES, post('a=1', 'application/x-www-form-urlencoded')),
  ).toMatchInlineSnapshot(
    `"415 application/x-www-form-urlencoded is not accepted here; add -H 'Content-Type: ...', one of image/png, image/jpeg, image/webp, image/tiff, application/x-npy, application/octet-stream, application/json, multipart/form-data"`,
  );
  const { app } = createTestApp();
  const answer = await app.request(RESPONSES, post('a', 'text/plain'));
  expect(answer.headers.get('Accept-Post')).toContain('application/x-npy');
  const zipped = { ...good, headers: { 'Content-Encoding': 'gzip' } };
  expect(await rejection(RESPONSES, zipped)).toMatchInlineSnapshot(
    `"415 Content-Encoding: gzip is not accepted; send the body as it is"`,
  );
});

test('JSON that is cut off or does not match its schema is rejected', async () => {
  const cut = post('{"stimuli": [[[0, 0', 'application/json');
  // The rest of the message comes from the parser and varies between versions.
  expect(await rejection(RESPONSES, cut)).toMatch(/^400 the body is not JSON: .* at position 19\b/);
  expect(await rejection(RESPONSES, json({ stimulus: [] }))).toMatchInlineSnapshot(
    `"422 the body: unknown key: "stimulus"; did you mean "stimuli"? There are stimuli, stimulusSet, neurons, grating, driftingGrating, gabor, disc, annulus, centreSurround, plaid, bar, sparseNoise, image @ "`,
  );
  expect(
    await rejection(RESPONSES, json({ stimuli: [{ grating: { angle: 3 } }] })),
  ).toMatchInlineSnapshot(
    `"422 stimuli[0].grating: unknown key: "angle"; expected one of orientation, spatialFrequency, phase, contrast, diameter, innerDiameter, x, y, edge @ stimuli[0].grating"`,
  );
  const deep = post(`{"stimuli": ${'['.repeat(2000)}${']'.repeat(2000)}}`, 'application/json');
  expect(await rejection(RESPONSES, deep)).toMatchInlineSnapshot(
    `"400 the JSON is nested deeper than 64 at position 75"`,
  );
});

test('neurons that the model does not have are rejected', async () => {
  expect(await rejection(`${RESPONSES}?neurons=0,5`, good)).toMatchInlineSnapshot(
    `"422 neurons: unknown neuron: 5; expected one of the 4 ids on the model's card, from 0 to 7 @ neurons"`,
  );
  expect(await rejection(`${RESPONSES}?neurons=0-999999999`, good)).toMatchInlineSnapshot(
    `"422 neurons: unknown neuron: 3; expected one of the 4 ids on the model's card, from 0 to 7 @ neurons"`,
  );
  expect(await rejection(`${RESPONSES}?neurons=0,0`, good)).toMatchInlineSnapshot(
    `"422 neurons: neuron 0 is named twice @ neurons"`,
  );
  expect(await rejection(`${RESPONSES}?neurons=2-1`, good)).toMatchInlineSnapshot(
    `"422 neurons: the range 2-1 runs backwards @ neurons"`,
  );
  expect(await rejection(`${RESPONSES}?neurons=`, good)).toMatchInlineSnapshot(
    `"422 neurons: is empty; expected ids and ranges of ids, such as 0,5,7-12 @ neurons"`,
  );
  const twice = json({ stimuli: [{ grating: {} }], neurons: [1] });
  expect(await rejection(`${RESPONSES}?neurons=0`, twice)).toMatchInlineSnapshot(
    `"422 neurons: named in the query and in the body; name them once @ neurons"`,
  );
  expect(await rejection(`${MODEL}/tuning/peak?neurons=0`, twice)).toMatchInlineSnapshot(
    `"422 neurons: named in the query and in the body; name them once @ neurons"`,
  );
});

test('invalid query parameters and headers are rejected', async () => {
  expect(await rejection(`${RESPONSES}?neuron=1`, good)).toMatchInlineSnapshot(
    `"400 query parameter 'neuron' is not known; expected one of neurons, fit, dtype, spread @ neuron"`,
  );
  expect(await rejection(`${RESPONSES}?fit=zoom`, good)).toMatchInlineSnapshot(
    `"400 query parameter 'fit' is "zoom"; expected one of "none", "resize", "stretch", "crop" @ fit"`,
  );
  expect(await rejection(`${RESPONSES}?fit=crop&fit=resize`, good)).toMatchInlineSnapshot(
    `"400 query parameter 'fit' is given more than once @ fit"`,
  );
  expect(await rejection(`${MODEL}/tuning/rank?k=many`, good)).toMatchInlineSnapshot(
    `"400 query parameter 'k' is "many"; expected a whole number @ k"`,
  );
  const impatient = { ...good, headers: { ...good.headers, 'X-Deadline-Ms': 'soon' } };
  expect(await rejection(RESPONSES, impatient)).toMatchInlineSnapshot(
    `"400 X-Deadline-Ms must be a number of milliseconds, such as 250"`,
  );
});

test('models that do not exist or cannot be used are reported', async () => {
  expect(await rejection('/v1/models/other/responses', good)).toMatchInlineSnapshot(
    `"404 unknown model: 'other'; expected one of tiny, broken"`,
  );
  expect(await rejection(`${MODEL}/versions/3/responses`, good)).toMatchInlineSnapshot(
    `"404 unknown version of tiny: 3; expected one of 1, 2"`,
  );
  expect(await rejection(`${MODEL}/versions/x/responses`, good)).toMatchInlineSnapshot(
    `"404 unknown version of tiny: x; expected one of 1, 2"`,
  );
  expect(await rejection('/v1/models/broken/responses', good)).toMatchInlineSnapshot(
    `"503 broken/1 is not served: no 'x.bin'"`,
  );
  const served = [tinyModel('tiny', 1)];
  const unusable = [{ name: 'tiny', version: 2, reason: 'its weights differ' }];
  expect(await rejection(`${MODEL}/versions/2`, {}, { served, unusable })).toMatchInlineSnapshot(
    `"503 tiny/2 is not served: its weights differ"`,
  );
});

test('unknown routes and methods are reported', async () => {
  expect(await rejection('/v1/model', {})).toMatchInlineSnapshot(
    `"404 no such path; expected one of those that GET / lists; did you mean /v1/models?"`,
  );
  expect(await rejection(RESPONSES, { method: 'GET' })).toMatchInlineSnapshot(
    `"405 method not allowed: GET; expected POST"`,
  );
  expect(await rejection('/v1/models', { method: 'DELETE' })).toMatchInlineSnapshot(
    `"405 method not allowed: DELETE; expected GET, HEAD"`,
  );
  const { app } = createTestApp();
  expect((await app.request(RESPONSES)).headers.get('Allow')).toBe('POST');
  expect(await rejection('/v1/stimulus-sets', { method: 'DELETE' })).toMatchInlineSnapshot(
    `"405 method not allowed: DELETE; expected GET, HEAD, PUT"`,
  );
  const { headers } = await app.request('/v1/stimulus-sets', { method: 'DELETE' });
  expect(headers.get('Allow')).toBe('GET, HEAD, PUT');
});

test('requests beyond the limits of the service are rejected', async () => {
  const announced = { ...good, headers: { ...good.headers, 'Content-Length': '5000' } };
  expect(await rejection(RESPONSES, announced)).toMatchInlineSnapshot(
    `"413 the body is larger than 4096 bytes, the most that is accepted"`,
  );
  const long = post(new Uint8Array(5000), 'application/octet-stream');
  expect(await rejection(RESPONSES, long)).toMatchInlineSnapshot(
    `"413 the body is larger than 4096 bytes, the most that is accepted"`,
  );
  const three = npy(new Float32Array(18), [3, 3, 2]);
  expect(await rejection(RESPONSES, three, { limits: { maxStimuli: 2 } })).toMatchInlineSnapshot(
    `"413 too many stimuli: 3; expected at most 2 in one request"`,
  );
});

test('sets of stimuli and responses that do not match are rejected', async () => {
  const rank = `${MODEL}/tuning/rank`;
  const form = (files: Record<string, Uint8Array>) => {
    const body = new FormData();
    for (const [name, bytes] of Object.entries(files)) {
      body.append(name, new File([new Uint8Array(bytes)], name, { type: 'application/x-npy' }));
    }
    return { method: 'POST', body };
  };
  const responses = (shape: number[]) =>
    encodeNpy(new Float32Array(shape.reduce((a, b) => a * b)), shape);
  expect(await rejection(rank, form({ responses: GOOD }))).toMatchInlineSnapshot(
    `"422 stimuli is missing @ stimuli"`,
  );
  expect(await rejection(rank, form({ stimuli: GOOD, extra: GOOD }))).toMatchInlineSnapshot(
    `"422 extra is not known; expected 'stimuli' or 'responses' @ extra"`,
  );
  expect(
    await rejection(rank, form({ stimuli: GOOD, responses: responses([1, 3]) })),
  ).toMatchInlineSnapshot(
    `"422 responses must have the shape (stimuli, neurons of the model) = (1, 4), has (1, 3) @ responses"`,
  );
  const infinite = encodeNpy(Float32Array.of(0, 0, Number.POSITIVE_INFINITY, 0), [1, 4]);
  expect(await rejection(rank, form({ stimuli: GOOD, responses: infinite }))).toMatchInlineSnapshot(
    `"422 'responses' cannot be analysed: responses[0][2] is Infinity, must be a finite number @ responses[0][2]"`,
  );
  expect(await rejection(`${rank}?k=2`, good)).toMatchInlineSnapshot(
    `"422 k must be a whole number from 1 to the number of stimuli, 1; is 2 @ k"`,
  );
});

test('experiments that cannot be run are rejected', async () => {
  const parametric = `${MODEL}/tuning/parametric`;
  expect(await rejection(parametric, json({ parameter: 'colour' }))).toMatchInlineSnapshot(
    `"422 parameter: grating has no "colour"; expected one of orientation, spatialFrequency, phase, contrast, diameter, innerDiameter, x, y, azimuth, elevation @ parameter"`,
  );
  expect(await rejection(parametric, json({ values: [] }))).toMatchInlineSnapshot(
    `"422 values: is an empty list; expected at least 1 entry @ values"`,
  );
  expect(await rejection(parametric, json({ values: Array(20).fill(0) }))).toMatchInlineSnapshot(
    `"413 too many stimuli: 161; expected at most 100 in one request"`,
  );
  expect(
    await rejection(parametric, json({ stimulus: { grating: { contrast: 2 } } })),
  ).toMatchInlineSnapshot(
    `"422 stimulus.grating.contrast: is 2; expected at most 1 @ stimulus.grating.contrast"`,
  );
  expect(await rejection(parametric, json({ neurons: [9] }))).toMatchInlineSnapshot(
    `"422 neurons: unknown neuron: 9; expected one of the 4 ids on the model's card, from 0 to 7 @ neurons"`,
  );
  expect(await rejection(parametric, post('{', 'application/json'))).toMatch(
    /^400 the body is not JSON: .* at position 1\b/,
  );
  expect(await rejection(`${parametric}?neurons=1`, json({ neurons: [1] }))).toMatchInlineSnapshot(
    `"422 neurons: named in the query and in the body; name them once @ neurons"`,
  );
  expect(await rejection(`${parametric}?colour=1`, json({}))).toMatchInlineSnapshot(
    `"400 query parameter 'colour' is not known; expected one of neurons @ colour"`,
  );
});

test('requests are rejected with 503 while models are loading or the service shuts down', async () => {
  const { app, state, scheduler } = createTestApp();
  const ready = state.readiness;
  state.readiness = { state: 'loading' };
  const early = await app.request(RESPONSES, good);
  expect([early.status, early.headers.get('Retry-After')]).toEqual([503, '1']);
  state.readiness = ready;
  await scheduler.drain();
  const late = await app.request(RESPONSES, good);
  expect([late.status, late.headers.get('Retry-After')]).toEqual([503, '1']);
});

test('a bug is a bare 500, and the log has it under the request id', async () => {
  const { app, engine, log, scheduler } = createTestApp();
  engine.failNext(new Error('secret at /srv/weights'));
  const answer = await app.request(RESPONSES, {
    ...good,
    headers: { ...good.headers, 'X-Request-Id': 'rig-1' },
  });
  expect(await answer.json()).toMatchInlineSnapshot(`
    {
      "detail": "an error in the service; its log has it under the requestId",
      "requestId": "rig-1",
      "status": 500,
      "title": "Internal Server Error",
      "type": "about:blank",
    }
  `);
  expect(log).toContainEqual(
    expect.objectContaining({
      request: 'rig-1',
      err: expect.objectContaining({ message: 'secret at /srv/weights' }),
    }),
  );
  expect(scheduler.depth).toBe(0);
  expect((await app.request(RESPONSES, good)).status).toBe(200);
});
