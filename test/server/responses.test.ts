import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { createTestApp } from '../support/app.js';

const URL = '/v1/models/tiny/responses';
/**
 * Two stimuli of 3x2 pixels (height x width); their pixels sum to 1.5 and 3. The RMS contrast of the second
 * is above 0.4, the largest of the training.
 */
const PIXELS = Float32Array.of(0, 0.25, 0.5, 0, 0.25, 0.5, 1, 0, 1, 0, 1, 0);
/** Their responses of columns 0..3 from the fake engine: sum * (column + 1). */
const RESPONSES = [
  [1.5, 3, 4.5, 6],
  [3, 6, 9, 12],
];
const NPY = encodeNpy(PIXELS, [2, 3, 2]);

function post(
  body: NonNullable<RequestInit['body']>,
  headers: Record<string, string> = {},
): RequestInit {
  return { method: 'POST', body, headers };
}

const npy = (headers: Record<string, string> = {}) =>
  post(new Uint8Array(NPY), { 'Content-Type': 'application/x-npy', ...headers });

async function png(values: readonly number[]): Promise<Uint8Array<ArrayBuffer>> {
  const raw = { width: 2, height: 3, channels: 1 } as const;
  return new Uint8Array(await sharp(Uint8Array.from(values), { raw }).png().toBuffer());
}

async function responses(answer: Response | Promise<Response>): Promise<unknown> {
  const body = (await (await answer).json()) as { responses: unknown };
  return body.responses;
}

test('CSV has a row for each stimulus with its digest and a column for each neuron', async () => {
  const { app } = createTestApp();
  const asked = `${URL}?neurons=7,0-1`;
  const answer = await app.request(asked, npy({ Accept: 'text/csv' }));
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, 'text/csv']);
  const json = await (await app.request(asked, npy())).json();
  const { stimuli } = json as { stimuli: { digest: string; warnings: string[] }[] };
  const [first, second] = stimuli;
  expect(await answer.text()).toBe(
    `stimulus,digest,7,0,1\r\n0,${first!.digest},6,1.5,3\r\n1,${second!.digest},12,3,6\r\n`,
  );
  expect(answer.headers.get('X-Stimulus-Digests')).toBe(`${first!.digest}, ${second!.digest}`);
  expect(answer.headers.get('X-Stimulus-Warnings')).toContain(second!.warnings[0]);
});

test('CSV has all digits of the float32 responses, as JSON has', async () => {
  const { app } = createTestApp();
  const pixels = post(new Uint8Array(encodeNpy(Float32Array.of(0.1, 0, 0, 0, 0, 0), [1, 3, 2])), {
    'Content-Type': 'application/x-npy',
  });
  const csv = { ...pixels, headers: { ...pixels.headers, Accept: 'text/csv' } };
  const [row] = (await responses(app.request(URL, pixels))) as number[][];
  const [, line] = (await (await app.request(URL, csv)).text()).split('\r\n');
  expect(line!.split(',').slice(2).map(Number)).toEqual(row);
  expect(row![0]).toBe(Math.fround(0.1));
});

test('.npy in gives JSON out, row = stimulus, column = neuron', async () => {
  const { app } = createTestApp();
  const answer = await app.request(URL, npy({ 'X-Request-Id': 'rig-1' }));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Content-Type')).toBe('application/json');
  expect(await answer.json()).toMatchInlineSnapshot(`
    {
      "id": "rig-1",
      "model": {
        "digest": "2222222222222222222222222222222222222222222222222222222222222222",
        "name": "tiny",
        "version": 2,
      },
      "neurons": [
        0,
        1,
        2,
        7,
      ],
      "responses": [
        [
          1.5,
          3,
          4.5,
          6,
        ],
        [
          3,
          6,
          9,
          12,
        ],
      ],
      "stimuli": [
        {
          "digest": "2df2a75b90ff30740172db35c83b8443a91987c5ef10c23d655dadc79de11262",
          "warnings": [],
        },
        {
          "digest": "70dbe4b5878961c82f8ae043ffe181bdb908b8b4b1bfc18adfdfe545594da70a",
          "warnings": [
            "outside the training range: RMS contrast of the whole image 0.5 > 0.4",
          ],
        },
      ],
      "timing": {
        "decode": 0,
        "infer": 0,
        "queue": 0,
      },
    }
  `);
});

test('every kind of body gives the same responses', async () => {
  const { app } = createTestApp();
  const one = await png([0, 51, 102, 153, 204, 255]);
  const form = new FormData();
  form.append('stimuli', new File([one], 'a.png', { type: 'image/png' }));
  form.append('stimuli', new File([one], 'b.png', { type: 'image/png' }));
  const json = {
    stimuli: [
      { png: Buffer.from(one).toString('base64') },
      [
        [0, 0.2],
        [0.4, 0.6],
        [0.8, 1],
      ],
    ],
  };
  const raw = Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1);
  const stimulus = [3, 6, 9, 12].map((value) => expect.closeTo(value, 5));
  const kinds: [string, RequestInit, number][] = [
    ['', post(one, { 'Content-Type': 'image/png' }), 1],
    ['', post(form), 2],
    ['', post(JSON.stringify(json), { 'Content-Type': 'application/json' }), 2],
    ['?dtype=float32', post(raw, { 'Content-Type': 'application/octet-stream' }), 1],
    [
      '?dtype=uint8',
      post(Uint8Array.of(0, 51, 102, 153, 204, 255), {
        'Content-Type': 'application/octet-stream',
      }),
      1,
    ],
  ];
  for (const [query, request, count] of kinds) {
    expect(await responses(app.request(URL + query, request))).toEqual(
      Array.from({ length: count }, () => stimulus),
    );
  }
});

test('.npy and raw float32 are available as output', async () => {
  const { app } = createTestApp();
  const answer = await app.request(URL, npy({ Accept: 'application/x-npy' }));
  const array = decodeNpy(new Uint8Array(await answer.arrayBuffer()));
  expect(array).toEqual({
    stored: 'f4',
    shape: [2, 4],
    data: Float32Array.from(RESPONSES.flat()),
  });
  const raw = await app.request(URL, npy({ Accept: 'application/octet-stream' }));
  expect(new Float32Array(await raw.arrayBuffer())).toEqual(Float32Array.from(RESPONSES.flat()));
  expect(raw.headers.get('Content-Type')).toBe('application/octet-stream');
});

test('neurons are selected by id, and only those are computed', async () => {
  const { app, engine } = createTestApp();
  const answer = await app.request(`${URL}?neurons=7,0-1`, npy());
  expect(await answer.json()).toMatchObject({
    neurons: [7, 0, 1],
    responses: [
      [6, 1.5, 3],
      [12, 3, 6],
    ],
  });
  expect(engine.requests[0]?.neurons).toEqual(Int32Array.of(3, 0, 1));
  const named = {
    stimuli: [
      [
        [0, 0],
        [0, 0],
        [0, 1],
      ],
    ],
    neurons: [2],
  };
  const body = post(JSON.stringify(named), { 'Content-Type': 'application/json' });
  expect(await responses(app.request(URL, body))).toEqual([[3]]);
});

test('?fit= changes the size of a stimulus and reports it', async () => {
  const { app } = createTestApp();
  const large = post(new Uint8Array(encodeNpy(new Float32Array(6 * 4).fill(0.5), [6, 4])), {
    'Content-Type': 'application/x-npy',
  });
  expect((await app.request(URL, large)).status).toBe(422);
  const answer = await app.request(`${URL}?fit=crop`, large);
  expect(await answer.json()).toMatchObject({
    responses: [[3, 6, 9, 12]],
    stimuli: [{ warnings: ['cropped from 6 high x 4 wide'] }],
  });
});

test('a version is selected by its number, and the largest answers otherwise', async () => {
  const { app, engine } = createTestApp();
  await app.request(URL, npy());
  await app.request('/v1/models/tiny/versions/1/responses', npy());
  expect(engine.requests.map(({ digest }) => digest[0])).toEqual(['2', '1']);
});

test('the headers have request id, timing and digest', async () => {
  const { app, engine, time } = createTestApp();
  engine.hold();
  const waiting = app.request(URL, npy());
  await engine.whenRequested(1);
  time.now += 250;
  engine.open();
  const { headers } = await waiting;
  expect(headers.get('ETag')).toBe(`"${'2'.repeat(64)}"`);
  expect(headers.get('Server-Timing')).toBe(
    'decode;dur=0, queue;dur=0, infer;dur=250, encode;dur=0, total;dur=250',
  );
  expect(headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
  const own = await app.request(URL, npy({ 'X-Request-Id': 'x'.repeat(129) }));
  expect(own.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
});

test('If-Match pins a digest', async () => {
  const { app } = createTestApp();
  const pinned = (digest: string) => app.request(URL, npy({ 'If-Match': digest }));
  expect((await pinned(`"${'2'.repeat(64)}"`)).status).toBe(200);
  expect((await pinned('*')).status).toBe(200);
  expect((await pinned(`"${'1'.repeat(64)}"`)).status).toBe(412);
});

test('a request past X-Deadline-Ms is rejected and costs no compute', async () => {
  const { app, engine, time } = createTestApp();
  engine.hold();
  const first = app.request(URL, npy());
  await engine.whenRequested(1);
  const late = app.request(URL, npy({ 'X-Deadline-Ms': '10' }));
  time.now = 11;
  engine.open();
  expect((await first).status).toBe(200);
  const rejected = await late;
  expect(rejected.status).toBe(503);
  expect(rejected.headers.get('Retry-After')).toBe('1');
  expect(engine.requests).toHaveLength(1);
  expect(await (await app.request('/metrics')).text()).toContain(
    'hypercolumn_deadline_misses_total 1\n',
  );
});

test('a request whose client has disconnected costs no compute', async () => {
  const { app, engine, scheduler, log } = createTestApp();
  engine.hold();
  const first = app.request(URL, npy());
  await engine.whenRequested(1);
  const client = new AbortController();
  const gone = app.request(URL, { ...npy(), signal: client.signal });
  await expect.poll(() => scheduler.depth).toBe(4);
  client.abort();
  expect((await gone).status).toBe(499);
  engine.open();
  await first;
  expect(engine.requests).toHaveLength(1);
  expect(log).toContainEqual(expect.objectContaining({ status: 499 }));
});

test('a full queue is answered with 429 until there is room', async () => {
  const { app, engine } = createTestApp({ capacity: 2 });
  engine.hold();
  const first = app.request(URL, npy());
  await engine.whenRequested(1);
  const waiting = app.request(URL, npy());
  const rejected = await app.request(URL, npy());
  expect(rejected.status).toBe(429);
  expect(rejected.headers.get('Retry-After')).toBe('1');
  engine.open();
  expect([(await first).status, (await waiting).status]).toEqual([200, 200]);
  expect((await app.request(URL, npy())).status).toBe(200);
});

test('stimuli outside the training range are answered with a warning', async () => {
  const { app } = createTestApp();
  const body = (await (await app.request(URL, npy())).json()) as { stimuli: unknown[] };
  expect(body.stimuli[1]).toMatchObject({
    warnings: ['outside the training range: RMS contrast of the whole image 0.5 > 0.4'],
  });
});

test('the log has one line per request and no body', async () => {
  const { app, log } = createTestApp();
  await app.request(URL, npy({ 'X-Request-Id': 'rig-1' }));
  expect(log).toEqual([
    expect.objectContaining({
      request: 'rig-1',
      method: 'POST',
      path: URL,
      route: '/v1/models/:model/responses',
      status: 200,
      ms: 0,
      model: 'tiny/2',
      stimuli: 2,
      neurons: 4,
      msg: 'request',
    }),
  ]);
  expect(JSON.stringify(log).length).toBeLessThan(400);
});
