import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import { luma } from '../../src/stimulus/channels.js';
import { stimulusDigest } from '../../src/stimulus/stimuli.js';
import { createTestApp } from '../support/app.js';
import { tinyModel } from '../support/cards.js';
import { linearInterpreter } from '../support/linear-interpreter.js';
import { openTestStore } from '../support/store.js';

const SIDE = 64;
const PIXELS = SIDE * SIDE;
/** What a value of red, green and blue adds to the response of neuron n, times n + 1. */
const WEIGHTS = [1, -2, 0.5] as const;

const gray = tinyModel('gray', 1);
const tiny = tinyModel('colour', 2);
const stimulus = {
  ...tiny.card.stimulus,
  ...{ height: SIDE, width: SIDE, channels: 3 as const },
  monitor: {
    red: { x: 0.64, y: 0.33, luminance: 21.3, gamma: 2.2 },
    green: { x: 0.3, y: 0.6, luminance: 71.5, gamma: 2.2 },
    blue: { x: 0.15, y: 0.06, luminance: 7.2, gamma: 2.2 },
  },
};
const colour = { ...tiny, card: { ...tiny.card, stimulus } };

const interpreter: Omit<Interpreter, 'close'> = {
  ...linearInterpreter,
  gradient: async ({ stimuli: { count, pixels }, neuron }) => ({
    responses: new Float32Array(count),
    gradient: pixels.map((_, i) => WEIGHTS[i % 3]! * (neuron + 1)),
  }),
};

const RGB_8 = Uint8Array.from({ length: 3 * PIXELS }, (_, i) => (i * 7919) % 256);
const RGB = Float32Array.from(RGB_8, (value) => value / 255);
const DIGEST = stimulusDigest({ height: SIDE, width: SIDE, channels: 3, pixels: RGB });
const NPY = 'application/x-npy';
const png = await sharp(RGB_8, { raw: { height: SIDE, width: SIDE, channels: 3 } })
  .png()
  .toBuffer();

function createColourApp(options: Parameters<typeof createTestApp>[0] = {}) {
  const limits = { maxBody: 2 ** 21, maxStimuli: 3000, maxPixels: 2 ** 20 };
  const made = createTestApp({ served: [gray, colour], interpreter, limits, ...options });
  const post = (
    path: string,
    body: string | Uint8Array<ArrayBuffer>,
    type = 'application/json',
    accept = '*/*',
  ) =>
    made.app.request(path, {
      method: 'POST',
      body,
      headers: { 'Content-Type': type, Accept: accept },
    });
  return { ...made, post };
}

const bytes = (values: Uint8Array) => new Uint8Array(values);
const array = async (answer: Response) => decodeNpy(new Uint8Array(await answer.arrayBuffer()));

test('a model in colour answers the same image in each format in the same way', async () => {
  const { post } = createColourApp();
  const rows = Array.from({ length: SIDE }, (_, y) =>
    Array.from({ length: SIDE }, (_unused, x) => {
      const at = 3 * (SIDE * y + x);
      return Array.from(RGB.subarray(at, at + 3));
    }),
  );
  const path = '/v1/models/colour/responses';
  const answers = [
    await post(path, bytes(png), 'image/png'),
    await post(path, bytes(encodeNpy(RGB_8, [SIDE, SIDE, 3])), NPY),
    await post(`${path}?dtype=uint8`, bytes(RGB_8), 'application/octet-stream'),
    await post(path, JSON.stringify({ stimuli: [rows] })),
    await post(path, JSON.stringify({ stimuli: [{ png: png.toString('base64') }] })),
  ];
  const sum = RGB.reduce((total, value) => total + value, 0);
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    const { stimuli, responses } = (await answer.json()) as {
      stimuli: { digest: string }[];
      responses: number[][];
    };
    expect(stimuli).toEqual([{ digest: DIGEST, warnings: [] }]);
    // The neurons of the stub respond with 1, 2, 3 and 4 times the sum of all values.
    for (const [n, response] of responses[0]!.entries()) {
      expect(response / ((n + 1) * sum)).toBeCloseTo(1, 5);
    }
  }
});

test('stimuli are shown in colour as .npy and as PNG', async () => {
  const { post } = createColourApp();
  const path = '/v1/models/colour/stimuli';
  const body = JSON.stringify({
    disc: { diameter: 20, contrast: 1 },
    colour: { space: 'rgb', direction: [1, -1, 0] },
  });
  const { shape, data } = await array(await post(path, body, 'application/json', NPY));
  expect(shape).toEqual([1, SIDE, SIDE, 3]);
  const middle = 3 * (32 * SIDE + 32);
  expect([...data.subarray(middle, middle + 3)]).toEqual([1, 0, 0.5]);
  expect([...data.subarray(0, 3)]).toEqual([0.5, 0.5, 0.5]);
  const picture = await (await post(path, bytes(png), 'image/png', 'image/png')).arrayBuffer();
  const { data: seen, info } = await sharp(Buffer.from(picture))
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  expect(new Uint8Array(seen)).toEqual(RGB_8);
});

test('a set in colour is stored, listed and used by both kinds of models', async () => {
  const store = await openTestStore();
  const { app, post } = createColourApp({ store });
  const small = Uint8Array.from({ length: 18 }, (_, i) => 14 * i);
  const put = await app.request('/v1/stimulus-sets?height=3&width=2', {
    method: 'PUT',
    body: bytes(encodeNpy(small, [1, 3, 2, 3])),
    headers: { 'Content-Type': NPY },
  });
  expect(put.status).toBe(201);
  const { digest, channels } = (await put.json()) as { digest: string; channels: number };
  expect(channels).toBe(3);
  const found = await app.request(`/v1/stimulus-sets/${digest}`, { headers: { Accept: NPY } });
  expect(await array(found)).toMatchObject({ shape: [1, 3, 2, 3] });
  const body = JSON.stringify({ stimulusSet: digest });
  const answer = await post('/v1/models/gray/responses', body);
  const { responses, stimuli } = (await answer.json()) as {
    responses: number[][];
    stimuli: { warnings: string[] }[];
  };
  const values = Float32Array.from(small, (value) => value / 255);
  let sum = 0;
  for (let i = 0; i < 18; i += 3) sum += luma(values[i]!, values[i + 1]!, values[i + 2]!);
  expect(responses[0]![0]).toBeCloseTo(sum, 5);
  expect(stimuli[0]!.warnings).toContain('converted to gray (Rec. 709 luma)');
  const shown = await post('/v1/models/colour/stimuli?fit=stretch', body, 'application/json', NPY);
  expect((await array(shown)).shape).toEqual([1, SIDE, SIDE, 3]);
});

test('the tensors of /v2 have three channels', async () => {
  const { app, post } = createColourApp();
  const metadata = await (await app.request('/v2/models/colour')).json();
  expect(metadata).toMatchObject({ inputs: [{ shape: [-1, SIDE, SIDE, 3] }, {}] });
  const infer = (shape: number[], data: number[]) =>
    post(
      '/v2/models/colour/infer',
      JSON.stringify({ inputs: [{ name: 'stimulus', datatype: 'UINT8', shape, data }] }),
    );
  expect((await infer([1, SIDE, SIDE, 3], [...RGB_8])).status).toBe(200);
  const refused = await infer([1, SIDE, SIDE], [...RGB_8.subarray(0, PIXELS)]);
  expect(refused.status).toBe(422);
  expect(await refused.text()).toContain("'stimulus' is [n, 64, 64, 3]");
});

test('gradients have a value for each channel, and their map sums absolute values', async () => {
  const { post } = createColourApp();
  const path = '/v1/models/colour/gradient?neurons=1';
  const { shape, data } = await array(await post(path, bytes(png), 'image/png', NPY));
  expect(shape).toEqual([1, 1, SIDE, SIDE, 3]);
  expect([...data.subarray(0, 3)]).toEqual([2, -4, 1]);
  const field = await post(
    '/v1/models/colour/receptive-field/gradient?neurons=1',
    bytes(png),
    'image/png',
  );
  const { neurons } = (await field.json()) as { neurons: { map: number[][] }[] };
  for (const value of neurons[0]!.map.flat()) expect(value).toBeCloseTo(7, 9);
  const picture = await (await post(path, bytes(png), 'image/png', 'image/png')).arrayBuffer();
  const { data: seen } = await sharp(Buffer.from(picture))
    .raw()
    .toBuffer({ resolveWithObject: true });
  // Mid gray is 0, and the largest of the map is white or black: 4 of 4, 2 of 4 and 1 of 4.
  expect([...seen.subarray(0, 3)]).toEqual([191, 0, 159]);
});

test('curves of colour and maps of coloured noise are measured', async () => {
  const { post } = createColourApp();
  const request = {
    parameter: 'azimuth',
    values: [0, 90, 180, 270],
    stimulus: { disc: { contrast: 1 }, colour: { space: 'dkl', elevation: 0 } },
    neurons: [1],
  };
  const curve = await post('/v1/models/colour/tuning/parametric', JSON.stringify(request));
  expect(curve.status).toBe(200);
  expect(await curve.json()).toMatchObject({
    ...{ parameter: 'azimuth', values: [0, 90, 180, 270], unit: 'degrees' },
    neurons: [{ id: 1 }],
  });
  const gray = await post('/v1/models/gray/tuning/parametric', JSON.stringify(request));
  expect(gray.status).toBe(422);
  expect(await gray.text()).toContain('colour on gray images');
  const noise = {
    stimulus: {
      sparseNoise: { size: 16, squares: 2, frames: 40 },
      colour: { space: 'rgb', direction: [-1, 0.5, 0] },
    },
    neurons: [1],
  };
  const field = await post('/v1/models/colour/receptive-field', JSON.stringify(noise));
  expect(field.status).toBe(200);
  const { neurons } = (await field.json()) as { neurons: { map: number[][] }[] };
  expect(neurons[0]!.map.map((row) => row.length)).toEqual([4, 4, 4, 4]);
  const places = { stimulus: { disc: {}, colour: { space: 'dkl' } }, x: [0, 8], y: [0, 8] };
  const discs = await post('/v1/models/colour/receptive-field', JSON.stringify(places));
  expect(discs.status).toBe(200);
  const refused = await post('/v1/models/gray/receptive-field', JSON.stringify(places));
  expect(refused.status).toBe(422);
});
