import { expect, test } from 'vitest';
import { finish } from '../../src/tuning/fits/least-squares.js';
import { NeuronTuning, neuronTuning } from '../../src/tuning/parametric.js';
import { FREQUENCIES, ORIENTATIONS, POSITIONS, radians, vonMises } from './grids.js';
import { valueIn } from './value-in.js';

const PHASES = Array.from({ length: 8 }, (_, i) => radians(45 * i));
const orientation = {
  name: 'orientation',
  dimension: 'orientation',
  values: ORIENTATIONS,
} as const;
const frequency = {
  name: 'spatialFrequency',
  dimension: 'spatialFrequency',
  values: FREQUENCIES,
} as const;

const measured = (...args: Parameters<typeof neuronTuning>) => finish(neuronTuning(...args));

function parsed(tuning: NeuronTuning): NeuronTuning {
  expect(NeuronTuning.parse(tuning)).toEqual(tuning);
  return tuning;
}

test('a curve is the unchanged mean over phases with the blank, and F1/F0 is that of its peak', () => {
  const response = vonMises(2, 30);
  const responses = ORIENTATIONS.flatMap((angle) =>
    PHASES.map((phase) => response(angle) * (1 + 0.5 * Math.cos(phase)) - 0.2),
  );
  const sweep = { axes: [orientation], variants: 8, phases: true } as const;
  const tuning = parsed(measured(sweep, Float64Array.from(responses), -0.5));
  expect(tuning.curve).toEqual(
    ORIENTATIONS.map((angle) => expect.closeTo(response(angle) - 0.2, 12)),
  );
  expect(tuning.blank).toBe(-0.5);
  expect(tuning.peak).toEqual({
    response: expect.closeTo(0.8, 12),
    at: { orientation: 30 },
    atEnd: [],
  });
  // the mean above the blank is 1 - 0.2 + 0.5 at the peak
  expect(valueIn(tuning.indices['F1F0']!)).toBeCloseTo(0.5 / 1.3, 9);
  expect(tuning.indices['F1F0']).toMatchObject({
    baseline: 'blank subtracted',
    at: { orientation: 30 },
  });
  expect(tuning.fits['vonMises']).toMatchObject({ converged: true });
});

test('without phases there is no F1/F0', () => {
  const sweep = { axes: [orientation], variants: 1, phases: false } as const;
  const tuning = measured(sweep, Float64Array.from(ORIENTATIONS), 0);
  expect(tuning.indices).not.toHaveProperty('F1F0');
  expect(tuning.curve).toEqual(ORIENTATIONS);
});

test('two parameters give the map, its peak, and each curve through the peak', () => {
  const byOrientation = vonMises(3, 60);
  const byFrequency = (f: number) => Math.exp(-(Math.log2(f / 0.1) ** 2));
  const responses = ORIENTATIONS.flatMap((angle) =>
    FREQUENCIES.map((f) => byOrientation(angle) * byFrequency(f)),
  );
  const sweep = { axes: [orientation, frequency], variants: 1, phases: false } as const;
  const tuning = parsed(measured(sweep, Float64Array.from(responses), 0));
  const best = FREQUENCIES.reduce((a, b) => (byFrequency(b) > byFrequency(a) ? b : a));
  expect(tuning.peak).toEqual({
    response: expect.closeTo(byFrequency(best), 12),
    at: { orientation: 60, spatialFrequency: best },
    atEnd: [],
  });
  expect(tuning.curve).toHaveLength(12);
  expect(tuning.curve[4]).toEqual(FREQUENCIES.map((f) => expect.closeTo(byFrequency(f), 12)));
  const along = tuning.along!;
  expect(along['orientation']!.curve[0]).toBeCloseTo(byOrientation(0) * byFrequency(best), 12);
  expect(valueIn(along['orientation']!.indices['preferredOrientation']!)).toBeCloseTo(60, 6);
  expect(valueIn(along['spatialFrequency']!.indices['preferredSpatialFrequency']!)).toBeCloseTo(
    0.1,
    4,
  );
});

test.each(['xy', 'yx'])('a map over %s has a centre and a diameter', (order) => {
  const at = (x: number, y: number) =>
    0.1 + Math.exp(-(((x - 5) / 3) ** 2 + ((y + 4) / 3) ** 2) / 2);
  const axis = (name: 'x' | 'y') => ({ name, dimension: 'other', values: POSITIONS }) as const;
  const responses = POSITIONS.flatMap((first) =>
    POSITIONS.map((second) => (order === 'xy' ? at(first, second) : at(second, first))),
  );
  const axes =
    order === 'xy' ? ([axis('x'), axis('y')] as const) : ([axis('y'), axis('x')] as const);
  const sweep = { axes, variants: 1, phases: false };
  const { fits, indices } = parsed(measured(sweep, Float64Array.from(responses), 0.1));
  expect(fits['gaussian']).toMatchObject({ converged: true });
  expect(valueIn(indices['centreX']!)).toBeCloseTo(5, 4);
  expect(valueIn(indices['centreY']!)).toBeCloseTo(-4, 4);
  expect(valueIn(indices['diameter']!)).toBeCloseTo(12, 3);
});

test('a peak at the end of a range is marked, and that of an angle is not', () => {
  const sweep = { axes: [orientation, frequency], variants: 1, phases: false } as const;
  const responses = ORIENTATIONS.flatMap((angle) => FREQUENCIES.map((f) => f - angle));
  expect(measured(sweep, Float64Array.from(responses), 0).peak.atEnd).toEqual(['spatialFrequency']);
});

test('a map whose peak is on its edge has no centre', () => {
  const axes = [
    { name: 'x', dimension: 'other', values: POSITIONS },
    { name: 'y', dimension: 'other', values: POSITIONS },
  ] as const;
  const responses = POSITIONS.flatMap((x) =>
    POSITIONS.map((y) => Math.exp(-(((x - 30) / 6) ** 2 + (y / 6) ** 2) / 2)),
  );
  const { indices } = measured(
    { axes, variants: 1, phases: false },
    Float64Array.from(responses),
    0,
  );
  expect(indices['centreX']).toMatchObject({ value: null });
  expect(indices['diameter']).toMatchObject({ value: null });
});
