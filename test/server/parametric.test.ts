import { expect, test } from 'vitest';
import { isKind, SCHEMAS } from '../../src/stimulus/parametric/kinds.js';
import { sweepable } from '../../src/stimulus/sweep.js';
import { energyModel, FILTERS } from '../support/energy-model.js';
import { apart } from '../tuning/grids.js';
import { valueIn } from '../tuning/value-in.js';
import { energyApp, measure, rejected } from './experiment.js';

test('an empty body gives gratings at 12 orientations and 8 phases, and every default is reported', async () => {
  const { id: _, ...bare } = await measure(undefined);
  const { id: __, ...empty } = await measure({});
  expect(empty).toEqual(bare);
  expect(bare).toMatchObject({
    model: { name: 'energy', version: 1 },
    parameter: 'orientation',
    unit: 'degrees',
    values: Array.from({ length: 12 }, (___, i) => 15 * i),
    averagedOver: { phase: Array.from({ length: 8 }, (___, i) => 45 * i) },
    stimulus: {
      grating: { spatialFrequency: 0.1, contrast: 1, diameter: 20, x: 0, y: 0, edge: 'hard' },
    },
    stimulusSet: expect.stringMatching(/^[0-9a-f]{64}$/),
    warnings: [],
  });
  expect(bare.stimuli).toHaveLength(96);
  expect(bare.stimuli[9]).toEqual({
    orientation: 15,
    phase: 45,
    digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    warnings: [],
  });
  expect(bare.neurons).toHaveLength(FILTERS.length);
  for (const [i, neuron] of bare.neurons.entries()) {
    const { orientation } = FILTERS[i]!;
    expect(neuron).toMatchObject({
      id: i,
      blank: expect.closeTo(0.1, 6),
      peak: { at: { orientation } },
    });
    for (const name of ['preferredOrientation', 'preferredOrientationFit']) {
      expect(apart(valueIn(neuron.indices[name]!), orientation, 180)).toBeLessThan(2);
    }
    // The energy does not depend on the phase.
    expect(valueIn(neuron.indices['F1F0']!)).toBeLessThan(0.1);
  }
});

test('orientation by spatial frequency gives the map and both curves through its peak', async () => {
  const answer = await measure({ parameter: 'orientation', second: 'spatialFrequency' });
  expect(answer).toMatchObject({
    second: { parameter: 'spatialFrequency', unit: 'cycles/pixel', values: { length: 22 } },
  });
  expect(answer.stimuli).toHaveLength(12 * 22 * 8);
  expect(answer.neurons).toHaveLength(FILTERS.length);
  for (const [i, { curve, along }] of answer.neurons.entries()) {
    expect([curve.length, (curve[0] as number[]).length]).toEqual([12, 22]);
    const { orientation, spatialFrequency } = FILTERS[i]!;
    const preferred = valueIn(along!['orientation']!.indices['preferredOrientation']!);
    expect(apart(preferred, orientation, 180)).toBeLessThan(2);
    const frequency = along!['spatialFrequency']!.indices['preferredSpatialFrequency']!;
    expect(Math.abs(Math.log2(valueIn(frequency) / spatialFrequency))).toBeLessThan(0.15);
  }
});

test('x by y gives centre and diameter, to half a pixel and 15 %', async () => {
  const small = { grating: { diameter: 6, spatialFrequency: 0.12, orientation: 75 } };
  const { neurons } = await measure({
    parameter: 'x',
    second: 'y',
    stimulus: small,
    neurons: '0,2',
  });
  expect(neurons.map(({ id }) => id)).toEqual([0, 2]);
  for (const { id, indices } of neurons) {
    const { x, y } = FILTERS[id]!;
    expect(Math.abs(valueIn(indices['centreX']!) - x)).toBeLessThan(0.5);
    expect(Math.abs(valueIn(indices['centreY']!) - y)).toBeLessThan(0.5);
  }
});

test('given parameters are kept, a phase too, and neurons are chosen in query or body', async () => {
  const app = energyApp();
  const stimulus = { grating: { spatialFrequency: 0.25, contrast: 0.5, diameter: 8, phase: 90 } };
  const body = { parameter: 'orientation', values: [0, 60, 120], stimulus };
  const answer = await measure({ ...body, neurons: [2, 0] }, app);
  expect(answer).toMatchObject({ ...body, averagedOver: {}, neurons: [{ id: 2 }, { id: 0 }] });
  expect(answer.stimuli).toHaveLength(3);
  expect(answer.neurons[0]!.indices).not.toHaveProperty('F1F0');
  const chosen = await measure(body, app, '?neurons=1');
  expect(chosen.neurons).toMatchObject([{ id: 1 }]);
});

test('the path of a version measures that version', async () => {
  const { app } = energyApp();
  const under = (version: number) => `/v1/models/energy/versions/${version}`;
  for (const tail of ['/tuning/parametric', '/receptive-field']) {
    const known = await app.request(`${under(1)}${tail}?neurons=1`, { method: 'POST' });
    expect([known.status, await known.json()]).toMatchObject([200, { neurons: [{ id: 1 }] }]);
    expect((await app.request(`${under(9)}${tail}`, { method: 'POST' })).status).toBe(404);
  }
});

test('a sweep equals the single results of /stimuli and /responses', async () => {
  const app = energyApp();
  const answer = await measure(
    { parameter: 'diameter', values: [5, 12], stimulus: { grating: { orientation: 40 } } },
    app,
  );
  const stimuli = answer.stimuli.map(({ diameter, phase }) => ({
    grating: { orientation: 40, diameter, phase },
  }));
  const json = {
    method: 'POST',
    body: JSON.stringify({ stimuli }),
    headers: { 'Content-Type': 'application/json' },
  };
  const responses = await app.app.request('/v1/models/energy/responses', json);
  const reported = (await responses.json()) as {
    responses: number[][];
    stimuli: { digest: string }[];
  };
  expect(answer.stimuli.map(({ digest }) => digest)).toEqual(
    reported.stimuli.map(({ digest }) => digest),
  );
  const mean = (from: number) =>
    reported.responses.slice(from, from + 8).reduce((sum, row) => sum + row[0]! / 8, 0);
  expect(answer.neurons[0]!.curve).toEqual([
    expect.closeTo(mean(0), 9),
    expect.closeTo(mean(8), 9),
  ]);
  const presented = await app.app.request('/v1/models/energy/stimuli', json);
  expect(presented.headers.get('X-Stimulus-Set')).toBe(answer['stimulusSet']);
});

const KINDS = Object.keys(SCHEMAS).filter(isKind);
const PARAMETERS = KINDS.flatMap((kind) => sweepable(kind).map((name) => [kind, name] as const));
const VALUES: Readonly<Record<string, readonly number[]>> = {
  spatialFrequency: [0.05, 0.1],
  surroundSpatialFrequency: [0.05, 0.1],
  contrast: [0.2, 0.4],
  surroundContrast: [0.2, 0.4],
  surroundDiameter: [24, 28],
  innerDiameter: [2, 4],
  gap: [1, 3],
  squares: [2, 4],
  size: [3, 5],
};

test.each(PARAMETERS)('%s: %s can be swept', async (kind, parameter) => {
  const values = VALUES[parameter] ?? [12, 18];
  const answer = await measure({ parameter, values, stimulus: { [kind]: {} } });
  expect(answer).toMatchObject({ parameter, values, neurons: [{ curve: { length: 2 } }, {}, {}] });
  expect(answer.stimuli[0]).toMatchObject({ [parameter]: values[0] });
  expect(answer['stimulus']).not.toHaveProperty(`${kind}.${parameter}`);
});

test.each([
  ['direction', 'driftingGrating', 24],
  ['spatialFrequency', 'grating', 22],
  ['phase', 'grating', 8],
  ['diameter', 'grating', 12],
  ['contrast', 'grating', 9],
  ['innerDiameter', 'grating', 8],
  ['x', 'grating', 21],
  ['length', 'bar', undefined],
])('%s alone sweeps a %s', async (parameter, kind, count) => {
  if (count === undefined) {
    expect(await rejected({ parameter })).toMatchObject({
      status: 422,
      errors: [{ path: 'values', message: `${parameter} has no default values; give some` }],
    });
    return;
  }
  const answer = await measure({ parameter });
  expect(answer['values']).toHaveLength(count);
  expect(Object.keys(answer['stimulus'] as object)).toEqual([kind]);
});

test.each([
  ['a disc', { stimulus: { disc: {} } }, 'diameter'],
  ['a drifting grating', { stimulus: { driftingGrating: { frames: 4, step: 90 } } }, 'direction'],
  ['sparse noise', { stimulus: { sparseNoise: {} } }, 'contrast'],
])('%s sweeps its usual parameter', async (_, body, parameter) => {
  expect(await measure(body)).toMatchObject({ parameter });
});

test('a drifting grating is averaged over its frames, which are phases', async () => {
  const answer = await measure({ parameter: 'direction', values: [0, 120, 240] });
  expect(answer).toMatchObject({ averagedOver: { frame: [0, 1, 2, 3, 4, 5, 6, 7] } });
  expect(answer.stimuli[9]).toMatchObject({ direction: 120, frame: 1 });
  expect(answer.neurons[0]!.indices).toHaveProperty('F1F0');
  const half = { stimulus: { driftingGrating: { frames: 4 } }, values: [0, 120, 240] };
  expect((await measure(half)).neurons[0]!.indices).not.toHaveProperty('F1F0');
});

test('degrees of visual angle are given when the card has a scale', async () => {
  const model = energyModel();
  const card = { ...model.card, stimulus: { ...model.card.stimulus, degreesPerImage: 3 } };
  const app = energyApp({ served: [{ ...model, card }] });
  const answer = await measure(
    { parameter: 'spatialFrequency', stimulus: { grating: { diameter: 2 }, units: 'degrees' } },
    app,
  );
  const pixels = await measure({ parameter: 'spatialFrequency' });
  expect(answer).toMatchObject({
    unit: 'cycles/degree',
    values: (pixels['values'] as number[]).map((value) => expect.closeTo(10 * value, 9)),
    stimulus: { grating: { diameter: 2 }, units: 'degrees' },
  });
  expect(answer.stimuli.map(({ digest }) => digest)).toEqual(
    pixels.stimuli.map(({ digest }) => digest),
  );
});

test('in a sweep, stimuli of too high a contrast are counted and marked, and others are not', async () => {
  const model = energyModel();
  const trainingRange = {
    mean: [0, 1] as [number, number],
    contrast: [0.1, 0.2] as [number, number],
    spatialFrequency: [0, 1] as [number, number],
  };
  const stimulus = { ...model.card.stimulus, trainingRange };
  const app = energyApp({ served: [{ ...model, card: { ...model.card, stimulus } }] });
  const sweep = { parameter: 'contrast', values: [0.05, 0.4, 1] };
  const answer = await measure({ ...sweep, stimulus: { grating: { diameter: null } } }, app);
  const warning = expect.stringMatching(
    /^outside the training range: RMS contrast of the whole image 0\.3\d+ > 0\.2$/,
  );
  expect(answer['warnings']).toEqual([{ warning, count: 8, first: 16 }]);
  expect(answer.stimuli.map(({ warnings }) => warnings)).toEqual(
    Array.from({ length: 24 }, (_, i) => (i < 16 ? [] : [warning])),
  );
});
