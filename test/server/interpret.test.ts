import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeNpy, encodeNpy } from '../../src/formats/npy.js';
import type { ServedModel } from '../../src/inference/catalogue.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import { createTfjsInterpreter } from '../../src/interpret/tfjs-interpreter.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import type { ArchitectureId } from '../../src/network/architectures/index.js';
import { openBackend } from '../../src/network/backends/open.js';
import { createTestApp } from '../support/app.js';
import { goldenStimuli, saveGoldenModel } from '../support/golden-models.js';
import { greatestDifference } from '../support/numbers.js';
import { readGolden } from '../support/published.js';
import { sharedFolder } from '../support/store.js';

const ATTENDING = 'ff_sa_cnn_star_incr_fc1';
const IDS: readonly ArchitectureId[] = [ATTENDING, 'ff_cnn', 'rf_cnn'];

const models = sharedFolder();
let interpreter: Interpreter;
let served: ServedModel[];
let app: ReturnType<typeof createTestApp>['app'];

beforeAll(async () => {
  interpreter = createTfjsInterpreter(await openBackend('wasm'), createFolderSource(models));
  served = await Promise.all(
    IDS.map(async (id) => {
      const { card, digest } = await saveGoldenModel(models, id);
      return { name: id, version: 1, digest, card };
    }),
  );
  app = createTestApp({ served, interpreter, limits: { maxBody: 2 ** 20, maxStimuli: 1000 } }).app;
});
afterAll(() => interpreter.close());

const { pixels } = goldenStimuli(ATTENDING);
const GOLDEN = new Uint8Array(encodeNpy(pixels, [8, 50, 50]));

function send(route: string, accept = 'application/json', model: string = ATTENDING) {
  return app.request(`/v1/models/${model}/${route}`, {
    method: 'POST',
    body: GOLDEN,
    headers: { 'Content-Type': 'application/x-npy', Accept: accept },
  });
}

interface AttentionAnswer {
  readonly responses: number[][];
  readonly attention: number[][][][];
  readonly entropy: { readonly ifEven: number; readonly values: number[][] };
  readonly meanDistance: { readonly values: number[][] };
  readonly readout: {
    readonly centre: number[][];
    readonly surround: number[][];
    readonly bias: number[];
  };
  readonly map: object;
  readonly stimuli: object[];
}

const numbers = (nested: unknown): number[] => (nested as number[][]).flat(9) as number[];

test('attention in JSON has the maps, entropy, distance and terms of the golden vectors', async () => {
  const answer = await send('attention?neurons=2,0');
  expect(answer.status).toBe(200);
  const body = (await answer.json()) as AttentionAnswer;
  const [golden, responses] = ['centre_attention', 'responses'].map(
    (name) => readGolden(ATTENDING).get(name)!.data,
  ) as [Float32Array, Float32Array];
  const rows = Array.from({ length: 16 }, (_, i) => {
    const [image, neuron] = [Math.floor(i / 2), i % 2 === 0 ? 2 : 0];
    return { response: responses[image * 3 + neuron]!, at: (image * 3 + neuron) * 81 };
  });
  const maps = rows.map(({ at }) => golden.slice(at, at + 81));
  const { attention, entropy, meanDistance, readout, map } = body;
  expect([attention.length, attention[0]!.length, attention[0]![0]!.length]).toEqual([8, 2, 9]);
  expect(
    greatestDifference(
      numbers(attention),
      maps.flatMap((map) => [...map]),
    ),
  ).toBeLessThan(1e-5);
  const entropies = maps.map((map) => -map.reduce((sum, a) => sum + a * Math.log2(a), 0));
  expect(greatestDifference(numbers(entropy.values), entropies)).toBeLessThan(1e-3);
  const distances = maps.map((map) =>
    map.reduce((sum, a, i) => sum + a * 4 * Math.hypot((i % 9) - 4, Math.floor(i / 9) - 4), 0),
  );
  expect(greatestDifference(numbers(meanDistance.values), distances)).toBeLessThan(1e-3);
  const sums = readout.centre.map((row, i) =>
    row.map((centre, j) => centre + readout.surround[i]![j]! + readout.bias[j]!),
  );
  const expected = rows.map(({ response }) => response);
  expect(greatestDifference(numbers(sums), expected)).toBeLessThan(1e-4);
  expect(greatestDifference(numbers(body.responses), expected)).toBeLessThan(1e-4);
  expect(map).toEqual({
    height: 9,
    width: 9,
    centre: [4, 4],
    fieldPixels: 16,
    stridePixels: 4,
    startPixels: [6, 6],
  });
  expect(body).toMatchObject({
    model: { name: ATTENDING, version: 1 },
    neurons: [2, 0],
    entropy: { formula: '-sum a log2 a', unit: 'bits' },
    meanDistance: { formula: 'sum a |p - p_centre|', unit: 'pixels' },
    readout: { kind: 'split', formula: 'centre + surround + bias' },
  });
  expect(body.stimuli).toHaveLength(8);
  expect(entropy.ifEven).toBeCloseTo(Math.log2(81), 12);
});

test('attention as .npy is [stimuli, neurons, 9, 9]', async () => {
  const answer = await send('attention', 'application/x-npy');
  expect(answer.headers.get('X-Stimulus-Set')).toMatch(/^[0-9a-f]{64}$/);
  const { shape, data } = decodeNpy(new Uint8Array(await answer.arrayBuffer()));
  expect(shape).toEqual([8, 3, 9, 9]);
  const golden = readGolden(ATTENDING).get('centre_attention')!.data;
  expect(greatestDifference(data, golden)).toBeLessThan(1e-5);
});

test('attention of a network without attention is rejected with what is available instead', async () => {
  const answer = await send('attention', 'application/json', 'ff_cnn');
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    detail:
      'the networks of ff_cnn/1 (ff_cnn) have no attention; what centre and surround add to ' +
      'their responses is at readout instead of attention',
  });
});

test('the readout has a surround of 0 for a centre readout', async () => {
  const full = decodeNpy(
    new Uint8Array(await (await send('readout', 'application/x-npy', 'ff_cnn')).arrayBuffer()),
  );
  expect(full.shape).toEqual([2, 8, 3]);
  expect(full.data.slice(24).some((term) => Math.abs(term) > 1e-3)).toBe(true);
  const centre = (await (await send('readout', 'application/json', 'rf_cnn')).json()) as {
    readout: { kind: string; surround: number[][] };
  };
  expect(centre.readout.kind).toBe('centre');
  expect(new Set(numbers(centre.readout.surround))).toEqual(new Set([0]));
});

test('the gradient is available as .npy, in JSON and as a picture', async () => {
  const npy = await send('gradient?neurons=1', 'application/x-npy');
  const { shape, data } = decodeNpy(new Uint8Array(await npy.arrayBuffer()));
  expect(shape).toEqual([8, 1, 50, 50]);
  const json = (await (await send('gradient?neurons=1')).json()) as Record<string, unknown>;
  expect(greatestDifference(numbers(json['gradients']), data)).toBe(0);
  expect(json['unit']).toBe('dF/F per unit of pixel value (0..1)');

  const picture = await send('gradient?neurons=1', 'image/png');
  const largest = picture.headers.get('X-Gradient-Largest')!.split(', ').map(Number);
  const { info, data: gray } = await sharp(await picture.arrayBuffer())
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([150, 150]); // The picture has 8 maps, three in a row.
  for (const [i, top] of largest.entries()) {
    const own = data.slice(i * 2500, (i + 1) * 2500) as Float32Array;
    expect(top).toBe(Math.max(...own.map(Math.abs)));
    const corner = gray[Math.floor(i / 3) * 50 * 150 + (i % 3) * 50 + 10 * 150 + 20]!;
    expect(corner).toBe(Math.round(255 * Math.fround(0.5 + own[520]! / (2 * top))));
  }
});

test('the field of a centre readout without attention is that of the centre for any stimulus', async () => {
  const answer = await send('receptive-field/gradient?neurons=1,0', 'application/json', 'rf_cnn');
  expect(answer.status).toBe(200);
  const body = (await answer.json()) as {
    x: number[];
    y: number[];
    stimulusSet: string;
    neurons: { id: number; map: number[][]; indices: Record<string, { value: number | null }> }[];
  };
  expect([body.x[0], body.x.at(-1), body.y[0], body.y.at(-1)]).toEqual([-24, 24, 24, -24]);
  expect(body.neurons.map(({ id }) => id)).toEqual([1, 0]);
  for (const { map } of body.neurons) {
    // The centre sees pixels 16 to 31, which are squares 8 to 15.
    for (const [row, values] of map.entries()) {
      for (const [column, value] of values.entries()) {
        const seen = [row, column].every((place) => place >= 8 && place <= 15);
        expect(value > 0).toBe(seen);
      }
    }
  }
  const npy = await send('gradient?neurons=1', 'application/x-npy', 'rf_cnn');
  expect(body.stimulusSet).toBe(npy.headers.get('X-Stimulus-Set'));
  const { data } = decodeNpy(new Uint8Array(await npy.arrayBuffer()));
  const square = (i: number) =>
    [16, 17].includes(Math.floor((i % 2500) / 50)) && [16, 17].includes(i % 50);
  const slopes = Array.from(data).filter((_, i) => square(i)); // The map is averaged over 8 stimuli, 4 pixels each.
  const mean = slopes.reduce((sum, slope) => sum + Math.abs(slope) / 32, 0);
  expect(body.neurons[0]!.map[8]![8]).toBeCloseTo(mean, 9);
});

test('more numbers than a response may have are rejected before anything is computed', async () => {
  const body = new Uint8Array(encodeNpy(new Uint8Array(40 * 2500), [40, 50, 50]));
  const send = (route: string, accept: string) =>
    app.request(`/v1/models/${ATTENDING}/${route}`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/x-npy', Accept: accept },
    });
  const rejected = await send('gradient', 'application/json');
  expect(rejected.status).toBe(413);
  expect(await rejected.json()).toMatchObject({
    detail:
      'an answer of 300120 numbers; at most 262144 are given in this form, 16777216 as .npy ' +
      '(Accept: application/x-npy): request fewer stimuli or neurons',
  });
  expect((await send('gradient?neurons=1', 'application/x-npy')).status).toBe(200);
});

test('a request whose client has disconnected or whose deadline has passed is not interpreted', async () => {
  const gone = new AbortController();
  let asked = 0;
  const watched = createTestApp({
    served,
    limits: { maxBody: 2 ** 20 },
    interpreter: {
      ...interpreter,
      gradient: (request) => {
        asked += 1;
        gone.abort();
        return interpreter.gradient(request);
      },
    },
  });
  const request = (headers: Record<string, string>, signal?: AbortSignal) =>
    watched.app.request(`/v1/models/${ATTENDING}/gradient`, {
      method: 'POST',
      body: GOLDEN,
      headers: { 'Content-Type': 'application/x-npy', ...headers },
      ...(signal ? { signal } : {}),
    });
  expect((await request({}, gone.signal)).status).toBe(499);
  expect(asked).toBe(1); // of three neurons
  expect((await request({ 'X-Deadline-Ms': '0' })).status).toBe(503);
  expect(asked).toBe(1);
});
