import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import { renderParametric } from '../../src/stimulus/parametric/kinds.js';
import { type Stimuli, stimulusAt, stimulusDigest } from '../../src/stimulus/stimuli.js';
import { ALL_KINDS, parametric } from '../stimulus/parametric/arbitrary.js';
import { createTestApp } from '../support/app.js';
import { tinyModel } from '../support/cards.js';
import { handResponse } from '../support/fake-engine.js';

const STIMULI = '/v1/stimuli';
const MODEL = '/v1/models/tiny';
const CANVAS = { height: 50, width: 50, channels: 1 as const, background: 0.5 };
const ROOM = { limits: { maxPixels: 2500 } };

function post(body: unknown, accept?: string): RequestInit {
  const headers = { 'Content-Type': 'application/json', ...(accept ? { Accept: accept } : {}) };
  return { method: 'POST', body: JSON.stringify(body), headers };
}

const NPY = 'application/x-npy';

async function bytesOf(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer());
}

/** The size of the PNG in a response, and its pixels as 8-bit gray. */
async function pngOf(answer: Response) {
  expect(answer.status).toBe(200);
  expect(answer.headers.get('Content-Type')).toBe('image/png');
  const { data, info } = await sharp(await bytesOf(answer))
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return {
    height: info.height,
    width: info.width,
    channels: 1 as const,
    pixels: new Uint8Array(data),
  };
}

function rounded({ pixels }: { pixels: Float32Array }): Uint8Array {
  return Uint8Array.from(pixels, (pixel) => Math.round(pixel * 255));
}

async function detailOf(answer: Response | Promise<Response>): Promise<string> {
  const { status, detail } = (await (await answer).json()) as { status: number; detail: string };
  return `${status} ${detail}`;
}

test.each(ALL_KINDS)(
  '%s is available as PNG, rounded to 8 bits, and as .npy, exactly',
  async (kind) => {
    const { app } = createTestApp(ROOM);
    const fields = 'frames' in parametric(kind, {}).parameters ? { frames: 1 } : {};
    const { stimuli } = renderParametric(parametric(kind, fields), CANVAS);
    const png = await pngOf(await app.request(STIMULI, post({ [kind]: fields })));
    expect(png).toEqual({ height: 50, width: 50, channels: 1 as const, pixels: rounded(stimuli) });
    const answer = await app.request(STIMULI, post({ [kind]: fields }, NPY));
    expect(answer.headers.get('Content-Type')).toBe(NPY);
    expect(answer.headers.get('X-Stimulus-Digests')).toBe(stimulusDigest(stimulusAt(stimuli, 0)));
    const { shape, data } = decodeNpy(await bytesOf(answer));
    expect(shape).toEqual([1, 50, 50]);
    expect(data).toEqual(stimuli.pixels);
  },
);

test('a sequence is returned as a stack or on one sheet', async () => {
  const { app } = createTestApp(ROOM);
  const drifting = { driftingGrating: { direction: 30, frames: 7 } };
  const { stimuli } = renderParametric(
    parametric('driftingGrating', drifting.driftingGrating),
    CANVAS,
  );
  const stack = decodeNpy(await bytesOf(await app.request(STIMULI, post(drifting, NPY))));
  expect(stack.shape).toEqual([7, 50, 50]);
  expect(stack.data).toEqual(stimuli.pixels);
  const sheet = await pngOf(await app.request(STIMULI, post(drifting)));
  expect([sheet.height, sheet.width]).toEqual([150, 150]);
  for (let i = 0; i < 9; i++) {
    const top = 50 * Math.floor(i / 3);
    const part = Uint8Array.from({ length: 2500 }, (_, at) => {
      return sheet.pixels[(top + Math.floor(at / 50)) * 150 + 50 * (i % 3) + (at % 50)]!;
    });
    const blank = new Uint8Array(2500).fill(128);
    expect(part).toEqual(i < 7 ? rounded(stimulusAt(stimuli, i)) : blank);
  }
});

test('size and background are those of the query', async () => {
  const { app } = createTestApp(ROOM);
  const query = '?height=20&width=30&background=0.25';
  const png = await pngOf(await app.request(STIMULI + query, post({ disc: { diameter: 4 } })));
  const canvas = { height: 20, width: 30, channels: 1 as const, background: 0.25 };
  const { stimuli } = renderParametric(parametric('disc', { diameter: 4 }), canvas);
  expect(png).toEqual({ height: 20, width: 30, channels: 1 as const, pixels: rounded(stimuli) });
});

test('the changes to a stimulus are reported in the headers', async () => {
  const { app } = createTestApp(ROOM);
  const clipped = { stimuli: [{ disc: { contrast: 1, diameter: 2 }, clip: true }, { bar: {} }] };
  const answer = await app.request(`${STIMULI}?background=0.8`, post(clipped));
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.headers.get('X-Stimulus-Warnings')!)).toEqual([
    { warning: '4 pixels brighter than white are set to white', count: 1, first: 0 },
    { warning: 'Weber contrast 0.25, the largest on a background of 0.8', count: 1, first: 1 },
  ]);
});

test('files are presented as they would be decoded', async () => {
  const { app } = createTestApp({ limits: { maxPixels: 10_000 } });
  const pixels = Float32Array.from({ length: 100 }, (_, i) => i / 100);
  const headers = { 'Content-Type': NPY };
  const body = new Uint8Array(encodeNpy(pixels, [1, 10, 10]));
  const file = { method: 'POST', headers, body };
  const same = await pngOf(await app.request(`${STIMULI}?height=10&width=10`, file));
  expect(same.pixels).toEqual(rounded({ pixels }));
  expect((await pngOf(await app.request(`${STIMULI}?fit=resize`, file))).height).toBe(50);
  expect(await detailOf(app.request(STIMULI, file))).toMatchInlineSnapshot(
    `"422 stimulus 0 is 10x10; the canvas is 50x50; add ?fit=resize"`,
  );
});

test('the canvas, training range and digest are those of the model', async () => {
  const { app } = createTestApp();
  const grating = { grating: { orientation: 90, spatialFrequency: 0.25, phase: 45 } };
  const canvas = { height: 3, width: 2, channels: 1 as const, background: 0.5 };
  const { stimuli } = renderParametric(parametric('grating', grating.grating), canvas);
  for (const [path, digest] of [
    [`${MODEL}/stimuli`, '2'],
    [`${MODEL}/versions/1/stimuli`, '1'],
  ] as const) {
    const answer = await app.request(path, post(grating, NPY));
    expect(answer.headers.get('ETag')).toBe(`"${digest.repeat(64)}"`);
    const { shape, data } = decodeNpy(await bytesOf(answer));
    expect([shape, data]).toEqual([[1, 3, 2], stimuli.pixels]);
  }
  const stripes = { grating: { orientation: 90, spatialFrequency: 0.5, phase: 90 } };
  const strong = await app.request(`${MODEL}/stimuli`, post(stripes));
  const warning = 'outside the training range: RMS contrast of the whole image 0.5 > 0.4';
  expect(JSON.parse(strong.headers.get('X-Stimulus-Warnings')!)).toEqual([
    { warning, count: 1, first: 0 },
  ]);
});

test('degrees are accepted when the card has a scale', async () => {
  const model = tinyModel('scaled', 1);
  const stimulus = { ...model.card.stimulus, degreesPerImage: 0.5 };
  const served = [tinyModel('tiny', 2), { ...model, card: { ...model.card, stimulus } }];
  const { app } = createTestApp({ served });
  const degrees = post({ disc: { diameter: 0.25, y: 0.125 }, units: 'degrees' }, NPY);
  const pixels = post({ disc: { diameter: 1, y: 0.5 } }, NPY);
  const [inDegrees, inPixels] = [
    await bytesOf(await app.request('/v1/models/scaled/stimuli', degrees)),
    await bytesOf(await app.request('/v1/models/scaled/stimuli', pixels)),
  ];
  expect(inDegrees).toEqual(inPixels);
  for (const path of [STIMULI, `${MODEL}/stimuli`, `${MODEL}/responses`]) {
    expect(await detailOf(app.request(path, degrees))).toBe(
      '422 units: degrees cannot be converted to pixels: no model card states ' +
        'degreesPerImage; expected pixels',
    );
  }
});

test('a sequence has one response for each frame, each with its report', async () => {
  const { app } = createTestApp();
  const fields = { frames: 3, step: 90, contrast: 0.5 };
  const stimulus = parametric('driftingGrating', fields);
  const { stimuli } = renderParametric(stimulus, {
    height: 3,
    width: 2,
    channels: 1,
    background: 0.5,
  });
  const first = { stimuli: [{ bar: {} }, { driftingGrating: fields }] };
  const answer = await app.request(`${MODEL}/responses?neurons=1`, post(first));
  const body = (await answer.json()) as { responses: number[][]; stimuli: { digest: string }[] };
  expect(body.responses).toHaveLength(4);
  expect(body.stimuli.slice(1).map(({ digest }) => digest)).toEqual(
    [0, 1, 2].map((i) => stimulusDigest(stimulusAt(stimuli, i))),
  );
  for (let i = 0; i < 3; i++) expect(body.responses[i + 1]).toEqual([handResponse(stimuli, i, 1)]);
  const alone = await app.request(
    `${MODEL}/responses?neurons=1`,
    post({ driftingGrating: fields }),
  );
  expect((await alone.json()) as object).toMatchObject({ responses: body.responses.slice(1) });
});

test('stimuli that cannot be presented are rejected', async () => {
  const { app } = createTestApp();
  const rejection = (path: string, body: unknown) => detailOf(app.request(path, post(body)));
  expect(await rejection(`${STIMULI}?height=0`, { disc: {} })).toMatchInlineSnapshot(
    `"400 query parameter 'height' must be at least 1"`,
  );
  expect(await rejection(`${STIMULI}?model=tiny`, { disc: {} })).toMatchInlineSnapshot(
    `"400 query parameter 'model' is not known; expected one of height, width, channels, background, fit, dtype"`,
  );
  expect(await rejection(`${MODEL}/stimuli?height=3`, { disc: {} })).toMatchInlineSnapshot(
    `"400 query parameter 'height' is not known; expected one of fit, dtype"`,
  );
  expect(await rejection('/v1/models/none/stimuli', { disc: {} })).toMatchInlineSnapshot(
    `"404 unknown model: 'none'; expected one of tiny, broken"`,
  );
  expect(await rejection(`${STIMULI}?height=101&width=100`, { disc: {} })).toMatchInlineSnapshot(
    `"413 disc: stimulus too large: 101 high x 100 wide; expected at most 10000 pixels"`,
  );
  expect(await rejection(STIMULI, { grating: { contrast: 2 } })).toMatchInlineSnapshot(
    `"422 grating.contrast: is 2; expected at most 1"`,
  );
  expect(await rejection(STIMULI, {})).toMatchInlineSnapshot(
    `"422 stimuli: is missing; expected a list"`,
  );
  expect(await detailOf(app.request(STIMULI))).toMatchInlineSnapshot(
    `"405 method not allowed: GET; expected POST"`,
  );
});

test('without a model, stimuli are presented while the models are loading', async () => {
  const { app, state } = createTestApp(ROOM);
  state.readiness = { state: 'loading' };
  expect((await app.request(STIMULI, post({ disc: {} }))).status).toBe(200);
  expect((await app.request(`${MODEL}/stimuli`, post({ disc: {} }))).status).toBe(503);
});

test('a PNG of too many pixels is rejected, and the .npy is returned', async () => {
  const { app } = createTestApp({ limits: { maxBody: 2 ** 25, maxPixels: 2 ** 25 } });
  const [height, width] = [4096, 4097];
  const path = `${STIMULI}?height=${height}&width=${width}&dtype=uint8`;
  const body = new Uint8Array(height * width);
  expect(await detailOf(app.request(path, { method: 'POST', body }))).toMatchInlineSnapshot(
    `"413 16781312 pixels; a PNG of at most 16777216 is made: request fewer stimuli, or for .npy by Accept: application/x-npy"`,
  );
  const headers = { Accept: NPY };
  expect((await app.request(path, { method: 'POST', body, headers })).status).toBe(200);
});

test('the same Idempotency-Key gives the same picture', async () => {
  const { app } = createTestApp(ROOM);
  const request = post({ gabor: {} });
  const headers = { ...request.headers, 'Idempotency-Key': 'a-picture' };
  const [first, second] = [
    await pngOf(await app.request(STIMULI, { ...request, headers })),
    await pngOf(await app.request(STIMULI, { ...request, headers })),
  ];
  const blank: Stimuli['pixels'] = new Float32Array(2500).fill(0.5);
  expect(second).toEqual(first);
  expect(first.pixels).not.toEqual(rounded({ pixels: blank }));
});
