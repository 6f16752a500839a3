import { expect, test } from 'vitest';
import { InputError } from '../../src/input-error.js';
import { F1F0 } from '../../src/tuning/indices.js';
import { orientationTuning } from '../../src/tuning/orientation.js';
import { gOSI } from '../../src/tuning/orientation-indices.js';
import { matrix } from './matrices.js';

const ORIENTATIONS = Array.from({ length: 12 }, (_, i) => 15 * i);
const PHASES = 8;
const radians = (degrees: number) => (degrees * Math.PI) / 180;
const tuning = (angle: number, preferred: number) =>
  1 + 0.8 * Math.cos(radians(2 * (angle - preferred)));

/** A simple cell preferring 30 degrees beside a complex one preferring 120. */
const responses = matrix(
  ...ORIENTATIONS.flatMap((angle) =>
    Array.from({ length: PHASES }, (_, phase) => [
      tuning(angle, 30) * (1 + Math.cos((2 * Math.PI * phase) / PHASES)),
      tuning(angle, 120),
    ]),
  ),
);
const sweep = { orientations: ORIENTATIONS, phases: PHASES, responses, blank: [0.25, -0.5] };

test('curves are the mean over phases, to 1e-12, beside the blank response', () => {
  const neurons = orientationTuning(sweep);
  expect(neurons.map(({ blank }) => blank)).toEqual([0.25, -0.5]);
  ORIENTATIONS.forEach((angle, i) => {
    expect(neurons[0]!.curve[i]).toBeCloseTo(tuning(angle, 30), 12);
    expect(neurons[1]!.curve[i]).toBeCloseTo(tuning(angle, 120), 12);
  });
});

test('indices of a simple and a complex cell', () => {
  const [simple, complex] = orientationTuning(sweep).map(({ indices }) => indices);
  expect(simple).toMatchObject({
    gOSI: { value: expect.closeTo(0.4, 12) },
    preferredOrientation: { value: expect.closeTo(30, 9) },
    OSI: { value: expect.closeTo(0.8, 12) },
    orthogonalToPreferred: { value: expect.closeTo(1 / 9, 12) },
    F1F0: { value: expect.closeTo(1, 12) },
  });
  expect(complex).toMatchObject({
    gOSI: { value: expect.closeTo(0.4, 12) },
    preferredOrientation: { value: expect.closeTo(120, 9) },
    F1F0: { value: expect.closeTo(0, 12) },
  });
  expect(simple!.bandwidth.value).toBeCloseTo(complex!.bandwidth.value!, 9);
});

test('the blank response is shown, never subtracted', () => {
  const high = orientationTuning({ ...sweep, blank: [100, 100] });
  orientationTuning(sweep).forEach(({ curve, indices }, j) => {
    expect(high[j]).toEqual({ curve, indices, blank: 100 });
  });
});

test('the curve keeps negative responses; they are rectified after the mean over phases', () => {
  const [neuron] = orientationTuning({
    orientations: [0, 45, 90, 135],
    phases: 2,
    responses: matrix([4], [2], [1], [-1], [-3], [1], [2], [0]),
    blank: [0],
  });
  expect(neuron!.curve).toEqual([3, 0, -1, 1]);
  expect(neuron!.indices.gOSI).toEqual(gOSI([0, 45, 90, 135], [3, 0, 0, 1]));
});

test('F1/F0 is that of the orientation with the largest curve, and needs 4 phases', () => {
  const phases = [
    [1, 0, 0, 0],
    [4, 2, 0, 2],
    [1, 1, 1, 1],
  ];
  const given = {
    orientations: [0, 60, 120],
    phases: 4,
    responses: matrix(...phases.flat().map((response) => [response])),
    blank: [0],
  };
  expect(orientationTuning(given)[0]!.indices.F1F0).toEqual(F1F0([4, 2, 0, 2]));
  const single = { ...given, phases: 1, responses: matrix([1], [2], [1]) };
  expect(orientationTuning(single)[0]!.indices.F1F0).toMatchObject({
    value: null,
    reason: 'needs at least 4 phases, has 1',
  });
});

test('responses may be float32', () => {
  const values = Float32Array.from(responses.values);
  const [simple] = orientationTuning({ ...sweep, responses: { ...responses, values } });
  expect(simple!.indices.gOSI.value).toBeCloseTo(0.4, 6);
});

test('a silent neuron has a curve, a blank response and reasons', () => {
  const silent = matrix([0], [0], [0]);
  const [neuron] = orientationTuning({
    orientations: [0, 60, 120],
    phases: 1,
    responses: silent,
    blank: [0],
  });
  expect(neuron!.curve).toEqual([0, 0, 0]);
  for (const index of Object.values(neuron!.indices)) {
    expect(index).toMatchObject({ value: null, reason: 'no response is above 0' });
  }
});

test.each([
  [
    'a NaN response',
    { responses: { ...responses, values: new Float32Array(192).fill(Number.NaN) } },
  ],
  ['a NaN orientation', { orientations: ORIENTATIONS.map(() => Number.NaN) }],
  ['a NaN blank response', { blank: [0, Number.NaN] }],
])('%s is refused', (_, change) => {
  expect(() => orientationTuning({ ...sweep, ...change })).toThrow(InputError);
});

test.each([
  ['phases', { phases: 7 }],
  ['orientations', { orientations: [0, 90] }],
  ['blank responses', { blank: [0] }],
])('%s that do not fit the responses are a bug', (_, change) => {
  expect(() => orientationTuning({ ...sweep, ...change })).toThrow(/do not fit/);
  expect(() => orientationTuning({ ...sweep, ...change })).not.toThrow(InputError);
});
