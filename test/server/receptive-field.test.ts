import { expect, test } from 'vitest';
import { decodeNpy } from '../../src/formats/npy.js';
import { ReceptiveField } from '../../src/tuning/receptive-field.js';
import { energyModel, FILTERS } from '../support/energy-model.js';
import { valueIn } from '../tuning/value-in.js';
import { energyApp } from './experiment.js';

const ROUTE = '/v1/models/energy/receptive-field';

interface Answer {
  readonly x: number[];
  readonly y: number[];
  readonly neurons: (ReceptiveField & { readonly id: number })[];
  readonly stimuli: Record<string, unknown>[];
  readonly [field: string]: unknown;
}

function mappingApp() {
  return energyApp({ capacity: 20_000, limits: { maxStimuli: 20_000 } });
}

async function map(body?: object, { app } = mappingApp()): Promise<Answer> {
  const request = { method: 'POST', ...(body ? { body: JSON.stringify(body) } : {}) };
  const response = await app.request(ROUTE, request);
  const answer = (await response.json()) as Answer;
  expect(response.status, JSON.stringify(answer)).toBe(200);
  for (const { id: _, ...field } of answer.neurons) {
    expect(ReceptiveField.parse(field)).toEqual(field);
  }
  return answer;
}

/** Distance of the fitted centre of each neuron from that of its filter, in pixels. */
function misses({ neurons }: Answer): number[] {
  expect(neurons).toHaveLength(FILTERS.length);
  return neurons.map(({ id, indices }) => {
    const { x, y } = FILTERS[id]!;
    return Math.hypot(valueIn(indices['centreX']!) - x, valueIn(indices['centreY']!) - y);
  });
}

test('an empty body shows bright and dark discs at 21x21 places and finds the centres, to 0.5 px', async () => {
  const answer = await map();
  expect(answer).toMatchObject({
    model: { name: 'energy' },
    unit: 'pixels',
    stimulus: { disc: { diameter: 3, edge: 'hard' } },
    stimulusSet: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect([answer.x.length, answer.y.length, answer.stimuli.length]).toEqual([21, 21, 882]);
  expect(answer.y[0]).toBeGreaterThan(answer.y[20]!);
  expect(answer.stimuli[1]).toMatchObject({ y: answer.y[0], x: answer.x[0], contrast: -1 });
  const [neuron] = answer.neurons;
  expect(neuron).toMatchObject({
    id: 0,
    blank: expect.closeTo(0.1, 6),
    on: { length: 21 },
    off: { length: 21 },
  });
  for (const miss of misses(answer)) expect(miss).toBeLessThan(0.5);
});

test('gratings at 4 orientations and 4 phases, gabors and bars find the centres, to 0.5 px', async () => {
  const places = Array.from({ length: 11 }, (_, i) => 2.5 * (i - 5));
  const probes = [
    { grating: { diameter: 5 } },
    { gabor: { sigmaX: 2, sigmaY: 2 } },
    { bar: { length: 5, width: 2 } },
  ];
  for (const stimulus of probes) {
    const answer = await map({ stimulus, x: places, y: places });
    const [kind] = Object.keys(stimulus);
    expect(answer.stimuli).toHaveLength(121 * (kind === 'bar' ? 8 : 16));
    for (const miss of misses(answer)) expect(miss).toBeLessThan(0.5);
    expect('on' in answer.neurons[0]!).toBe(kind === 'bar');
  }
});

test('sparse noise finds the centres by reverse correlation, to 1.5 px', async () => {
  const answer = await map({ stimulus: { sparseNoise: { size: 3, squares: 3 } } });
  expect(answer.stimuli).toHaveLength(2000);
  expect([answer.x.length, answer.x[0], answer.y[0]]).toEqual([10, -13.5, 13.5]);
  for (const miss of misses(answer)) expect(miss).toBeLessThan(1.5);
});

test('given parameters are not averaged over', async () => {
  const places = { x: [-2, 0, 2], y: [3, -3] };
  const grating = { orientation: 20, phase: 0, contrast: 0.5 };
  const answer = await map({ ...places, stimulus: { grating } });
  expect(answer).toMatchObject({ ...places, stimulus: { grating } });
  expect(answer.stimuli).toHaveLength(6);
  const dark = await map({ ...places, stimulus: { disc: { contrast: -0.5 } } });
  expect(dark.neurons[0]).toMatchObject({ off: dark.neurons[0]!.map });
  expect(dark.neurons[0]).not.toHaveProperty('on');
});

test('the maps are float32 .npy (neurons, y, x), or PNG with one pixel per place, black to white', async () => {
  const { app } = mappingApp();
  const body = JSON.stringify({ x: [-6, -3, 0, 3, 6], y: [-4, 0, 4], neurons: [1, 2] });
  const asked = (type: string) =>
    app.request(ROUTE, { method: 'POST', body, headers: { Accept: type } });
  const json = (await (await asked('application/json')).json()) as Answer;
  const response = await asked('application/x-npy');
  const npy = decodeNpy(new Uint8Array(await response.arrayBuffer()));
  expect(npy.shape).toEqual([2, 3, 5]);
  const values = json.neurons.flatMap((neuron) => neuron.map.flat());
  expect([...npy.data]).toEqual(values.map(Math.fround));
  expect(response.headers.get('X-Stimulus-Set')).toBe(json['stimulusSet']);
  const png = await asked('image/png');
  expect(png.headers.get('Content-Type')).toBe('image/png');
  const { default: sharp } = await import('sharp');
  const { data, info } = await sharp(await png.arrayBuffer())
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect([info.width, info.height]).toEqual([10, 3]);
  const rows = json.neurons.map((neuron) => neuron.map.flat());
  const scaled = rows.map((map) =>
    map.map((v) => (v - Math.min(...map)) / (Math.max(...map) - Math.min(...map))),
  );
  const expected = [0, 1, 2].flatMap((row) =>
    scaled.flatMap((map) =>
      map.slice(5 * row, 5 * row + 5).map((value) => Math.round(255 * value)),
    ),
  );
  const gray = [...data].filter((_, i) => i % info.channels === 0);
  for (const [i, value] of gray.entries())
    expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(1);
});

test('degrees of visual angle are given when the card has a scale', async () => {
  const model = energyModel();
  const card = { ...model.card, stimulus: { ...model.card.stimulus, degreesPerImage: 3 } };
  const app = energyApp({ served: [{ ...model, card }], limits: { maxStimuli: 20_000 } });
  const [inDegrees, inPixels] = [
    await map({ stimulus: { disc: {}, units: 'degrees' } }, app),
    await map(),
  ];
  expect(inDegrees).toMatchObject({ unit: 'degrees of visual angle' });
  expect(inDegrees.x).toEqual(inPixels.x.map((x) => expect.closeTo(x / 10, 9)));
  const [a, b] = [inDegrees, inPixels].map(({ neurons }) =>
    valueIn(neurons[1]!.indices['diameter']!),
  );
  expect(a! * 10).toBeCloseTo(b!, 3);
});

test.each([
  [
    { stimulus: { plaid: {} } },
    'stimulus',
    /^one of disc, grating, gabor, bar and sparseNoise is expected$/,
  ],
  [{ stimulus: { disc: 3 } }, 'stimulus.disc', /an object with parameters/],
  [{ stimulus: { disc: { x: 3 } }, x: [0] }, 'x', /a list of 1; expected at least 2 entries/],
  [{ stimulus: { sparseNoise: {} }, x: [0, 1] }, 'x', /follow from the size/],
  [{ stimulus: { sparseNoise: { size: 40 } } }, 'stimulus.sparseNoise', /do not fit/],
  [
    { stimulus: { sparseNoise: { frames: 3 } } },
    'stimulus.sparseNoise.frames',
    /was never presented/,
  ],
  [{ x: [0, 1e6] }, 'x[1]', /10000/],
  [
    { x: Array(60).fill(0), y: Array(60).fill(0) },
    'x',
    /too many places: 3600; expected at most 2500/,
  ],
  [{ colour: 1 }, '', /colour/],
])('%j is rejected', async (body, path, message) => {
  const { app } = mappingApp();
  const response = await app.request(ROUTE, { method: 'POST', body: JSON.stringify(body) });
  expect(response.status).toBe(422);
  expect(await response.json()).toMatchObject({
    errors: [{ path, message: expect.stringMatching(message) }],
  });
});

test('a sweep never delays a prediction', async () => {
  const app = mappingApp();
  app.engine.hold();
  const sweep = app.app.request(ROUTE, { method: 'POST' });
  await app.engine.whenRequested(1);
  const stimuli = [{ disc: {} }];
  const prediction = app.app.request('/v1/models/energy/responses?neurons=1', {
    method: 'POST',
    body: JSON.stringify({ stimuli }),
    headers: { 'Content-Type': 'application/json' },
  });
  await new Promise(setImmediate);
  app.engine.open();
  expect([(await sweep).status, (await prediction).status]).toEqual([200, 200]);
  expect(app.engine.requests.findIndex(({ neurons }) => neurons.length === 1)).toBe(1);
});
