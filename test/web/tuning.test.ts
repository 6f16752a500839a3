import { expect, test } from 'vitest';
import { Problem } from '../../src/client/problem.js';
import { tuneCurve } from '../../src/tuning/curve-tuning.js';
import { finish } from '../../src/tuning/fits/least-squares.js';
import {
  comparedModel,
  type ModelResult,
  parseCompared,
  sendToEach,
} from '../../src/web/tuning/compared-models.js';
import { fitRows, indexRows } from '../../src/web/tuning/index-rows.js';
import { indexLabel, listWarnings } from '../../src/web/tuning/labels.js';
import { gaussianOutline, responseRange } from '../../src/web/tuning/map-plot.js';
import { numberTable } from '../../src/web/tuning/number-rows.js';
import { around, ringsUpTo } from '../../src/web/tuning/polar-plot.js';
import { ranksDrawn } from '../../src/web/tuning/rank-plot.js';
import { bandOf, buildCurves, drawnFit, neuronSeries } from '../../src/web/tuning/series.js';
import { SWEPT } from '../../src/web/tuning/swept.js';

const REQUEST = { method: 'POST', url: 'http://rig/', headers: {}, body: null };
const [demo, other] = ['demo/1', 'made/2'].map(comparedModel) as [
  ReturnType<typeof comparedModel>,
  ReturnType<typeof comparedModel>,
];
const results = <T>(model: typeof demo, value: T): ModelResult<T> => ({
  model,
  value,
  request: REQUEST,
});

test('models to compare with are read from the address', () => {
  expect(parseCompared('made/2,demo/1,made/2,x,../3,twin/10', 'demo/1')).toEqual([
    'made/2',
    '../3',
    'twin/10',
  ]);
  expect(parseCompared('a/1,b/1,c/1,d/1', 'demo/1')).toEqual(['a/1', 'b/1', 'c/1']);
  expect(parseCompared('', 'demo/1')).toEqual([]);
  expect(other).toEqual({ id: 'made/2', param: { model: 'made', version: '2' }, place: 1 });
});

test('each model gets a request for the neurons that it has, and errors of others are reported', async () => {
  const readNeuronIds = async ({ place }: typeof demo) => (place === 0 ? [0, 1, 9] : [0, 1]);
  const send = async (_: unknown, neurons: number[]) => ({ value: neurons, request: REQUEST });
  expect(await sendToEach([demo, other], [9, 0], readNeuronIds, send)).toEqual({
    results: [results(demo, [9, 0]), results(other, [0])],
    omitted: ['made/2 has no neuron 9'],
  });
  expect(await sendToEach([demo, other], [9], readNeuronIds, send)).toMatchObject({
    results: [{ model: demo }],
    omitted: ['made/2 has no neuron 9'],
  });
  const failing = (place: number) => async (model: typeof demo, neurons: number[]) => {
    if (model.place === place) throw new Problem(422, 'too bright');
    return { value: neurons, request: REQUEST };
  };
  expect(await sendToEach([demo, other], [0], readNeuronIds, failing(1))).toMatchObject({
    results: [{ model: demo }],
    omitted: ['made/2 is left out: too bright'],
  });
  await expect(sendToEach([demo, other], [0], readNeuronIds, failing(0))).rejects.toThrow(
    'too bright',
  );
});

const ORIENTATIONS = Array.from({ length: 12 }, (_, i) => 15 * i);

function oriented(id: number, curve: readonly number[]) {
  const tuning = finish(
    tuneCurve({
      dimension: 'orientation',
      values: ORIENTATIONS,
      responses: curve,
      blank: 0.1,
    }),
  );
  return { id, curve, blank: 0.1, ...tuning };
}

test('curves close after their period, with the fit where there is one', () => {
  const bump = ORIENTATIONS.map((at) => Math.exp(Math.cos((Math.PI * (at - 40)) / 90)));
  const flat = ORIENTATIONS.map(() => 0.5);
  const neurons = [oriented(4, bump), oriented(2, flat)];
  const value = { values: ORIENTATIONS, neurons };
  const alone = buildCurves(SWEPT.orientation, [results(demo, value)]);
  expect(alone.map(({ label }) => label)).toEqual(['neuron 4', 'neuron 2']);
  expect(alone[0]!.measured.at(-1)).toEqual({ x: 180, y: bump[0] });
  expect(alone[1]!.fitted).toBeUndefined();
  for (const [i, at] of [0, 15, 90, 165].entries()) {
    const point = alone[0]!.fitted!.find(({ x }) => Math.abs(x - at) < 1e-9);
    expect(point?.y, `${i}`).toBeCloseTo(bump[at / 15]!, 3);
  }
  const both = buildCurves(SWEPT.orientation, [
    results(demo, value),
    results(other, { ...value, neurons: [oriented(2, bump)] }),
  ]);
  expect(both.map(({ label, dash }) => [label, dash])).toEqual([
    ['neuron 4 of demo/1', 'none'],
    ['neuron 2 of demo/1', 'none'],
    ['neuron 2 of made/2', '9,3'],
  ]);
  expect(both[1]!.colour).toBe(both[2]!.colour);
  expect(both[0]!.colour).not.toBe(both[1]!.colour);
});

test('an ensemble has a band of one standard deviation, and its indices the values of the members', () => {
  const curve = ORIENTATIONS.map((at) => 2 + Math.cos((Math.PI * (at - 40)) / 90));
  const tuned = oriented(4, curve);
  const spread = ORIENTATIONS.map((at) => at / 100);
  const neurons = [{ ...tuned, spread }, tuned];
  const [first, second] = buildCurves(SWEPT.orientation, [
    results(demo, { values: ORIENTATIONS, neurons: [neurons[0]!] }),
    results(other, { values: ORIENTATIONS, neurons: [neurons[1]!] }),
  ]);
  const band = bandOf(first!);
  expect(band).toHaveLength(ORIENTATIONS.length + 1);
  for (const [i, { x, low, high }] of band.slice(0, -1).entries()) {
    expect(x).toBe(ORIENTATIONS[i]);
    expect((low + high) / 2).toBeCloseTo(curve[i]!, 12);
    expect((high - low) / 2).toBeCloseTo(spread[i]!, 12);
  }
  expect(bandOf(second!)).toEqual([]);

  const members = { lowest: 0.2, highest: 0.345678, undefined: 2 };
  const indices = { gOSI: { ...tuned.indices['gOSI']!, members } };
  expect(indexRows([indices])[0]!.cells).toMatchObject([
    { note: 'members: 0.2 to 0.3457, undefined for 2' },
  ]);
});

test('of two fits the one that explains more is drawn', () => {
  const frequencies = Array.from({ length: 22 }, (_, i) => 0.02 * 20 ** (i / 21));
  const fitsOf = (curve: readonly number[]) =>
    finish(
      tuneCurve({ dimension: 'spatialFrequency', values: frequencies, responses: curve, blank: 0 }),
    ).fits;
  const gaussian = frequencies.map((f) => Math.exp(-(((f - 0.15) / 0.08) ** 2)));
  const inLog = frequencies.map((f) => Math.exp(-(Math.log2(f / 0.1) ** 2)));
  expect(drawnFit(SWEPT.spatialFrequency, fitsOf(gaussian))?.name).toBe('gaussian');
  expect(drawnFit(SWEPT.spatialFrequency, fitsOf(inLog))?.name).toBe('logGaussian');
  expect(drawnFit(SWEPT.spatialFrequency, {})).toBeUndefined();
});

test('around the circle, a curve with a period of half a turn is drawn twice', () => {
  const rounded = (points: readonly { x: number; y: number }[]) =>
    points.map(({ x, y }) => [Math.round(100 * x) + 0, Math.round(100 * y) + 0]);
  const points = [
    { x: 0, y: 2 },
    { x: 90, y: -1 },
  ];
  expect(rounded(around(points, 360))).toEqual([
    [200, 0],
    [0, 0],
  ]);
  expect(rounded(around(points, 180))).toEqual([
    [200, 0],
    [0, 0],
    [-200, 0],
    [0, 0],
  ]);
});

test.each([
  [1.04, [0.5, 1, 1.5]],
  [0.4, [0.1, 0.2, 0.3, 0.4]],
  [2500, [1000, 2000, 3000]],
  [-1, [1]],
])('the rings of a polar plot are round numbers up to %d', (largest, expected) => {
  const rings = ringsUpTo(largest);
  expect(rings).toHaveLength(expected.length);
  for (const [i, ring] of rings.entries()) expect(ring).toBeCloseTo(expected[i]!, 9);
});

test('the outline of a Gaussian is at two sigma and turned', () => {
  const outline = gaussianOutline({ x0: 1, y0: -2, sigma1: 4, sigma2: 2, theta: 90 });
  const across = outline.map(({ x }) => x);
  const up = outline.map(({ y }) => y);
  expect(Math.max(...across)).toBeCloseTo(5, 9);
  expect(Math.max(...up)).toBeCloseTo(6, 9);
  expect(responseRange([[[3, 3]], [[3]]])).toEqual([2.5, 3.5]);
});

test('a long curve is drawn with its first and last rank and no more points than can be seen', () => {
  expect(ranksDrawn(3, 'linear')).toEqual([1, 2, 3]);
  for (const scale of ['linear', 'log'] as const) {
    const ranks = ranksDrawn(10_000, scale);
    expect([ranks[0], ranks.at(-1)]).toEqual([1, 10_000]);
    expect(ranks.length).toBeLessThanOrEqual(1000);
    expect(ranks).toEqual([...new Set(ranks)].toSorted((a, b) => a - b));
  }
  expect(ranksDrawn(10_000, 'log').slice(0, 3)).toEqual([1, 2, 3]);
});

test('an undefined value has its reason and never a number', () => {
  const tuned = oriented(
    7,
    ORIENTATIONS.map(() => 0),
  );
  const rows = [...indexRows([tuned.indices]), ...fitRows([tuned.fits])];
  for (const { cells } of rows) expect(cells).toEqual([{ reason: expect.stringMatching(/./) }]);
  const series = neuronSeries([results(demo, { neurons: [tuned] })]);
  const columns = numberTable(series, indexRows([tuned.indices]));
  expect(columns['neuron 7']).toEqual(rows.slice(0, -1).map(() => null));
  expect(columns['neuron 7, why not']).toContain('no response is above 0');
});

test('every value of a curve has a label', () => {
  for (const { dimension } of Object.values(SWEPT)) {
    const values = Array.from({ length: 12 }, (_, i) => (i + 1) * 15);
    const { indices } = finish(tuneCurve({ dimension, values, responses: values, blank: 0 }));
    expect(indices, dimension).not.toEqual({});
    for (const name of Object.keys(indices)) expect(indexLabel(name).text).not.toBe(name);
  }
});

test('a warning of all responses is given once', () => {
  const warned = (...texts: string[]) => ({
    warnings: texts.map((warning) => ({ warning, count: 3 })),
    stimuli: [0, 0, 0, 0],
  });
  expect(
    listWarnings([
      results(demo, warned('too dark', 'too small')),
      results(other, warned('too dark')),
    ]),
  ).toEqual([
    '3 of 4 stimuli: too dark (the first of them)',
    'demo/1: 3 of 4 stimuli: too small (the first of them)',
  ]);
});
