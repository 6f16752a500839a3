import { expect, test } from 'vitest';
import { finish } from '../../src/tuning/fits/least-squares.js';
import {
  averageNoise,
  averageProbe,
  ReceptiveField,
  receptiveField,
} from '../../src/tuning/receptive-field.js';
import { POSITIONS } from './grids.js';
import { valueIn } from './value-in.js';

const DOWN = POSITIONS.toReversed();

test('a Gaussian field has its centre, diameter and peak, and the first row is the topmost', () => {
  const at = (x: number, y: number) =>
    Math.exp(-(((x - 4) / 3) ** 2 + ((y - 7) / 3) ** 2) / 2) - 0.1;
  const map = Float64Array.from(DOWN.flatMap((y) => POSITIONS.map((x) => at(x, y))));
  const places = { x: POSITIONS, y: DOWN };
  const field = finish(receptiveField(places, { map, on: null, off: null }, -0.2));
  expect(ReceptiveField.parse(field)).toEqual(field);
  expect(field).not.toHaveProperty('on');
  expect(field.map[0]).toEqual(POSITIONS.map((x) => expect.closeTo(at(x, 24), 12)));
  expect(field.peak).toEqual({ response: expect.any(Number), x: 4.8, y: 7.199999999999999 });
  expect(valueIn(field.indices['centreX']!)).toBeCloseTo(4, 4);
  expect(valueIn(field.indices['centreY']!)).toBeCloseTo(7, 4);
  expect(valueIn(field.indices['diameter']!)).toBeCloseTo(12, 3);
  expect(field.blank).toBe(-0.2);
});

test('the map of a probe is the mean over its variants, bright and dark ones apart', () => {
  const responses = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const maps = averageProbe(responses, [1, -1, 1, -1]);
  expect(maps).toEqual({
    map: Float64Array.of(2.5, 6.5),
    on: Float64Array.of(2, 6),
    off: Float64Array.of(3, 7),
  });
  expect(averageProbe(responses, [0, 0])).toMatchObject({ on: null, off: null });
});

test('the map of sparse noise is the mean over the frames with that place, as by hand', () => {
  const frames = Int8Array.of(1, -1, 0, -1, 1, 1, 1, 0, -1, -1, -1, 1, 0, 1, -1);
  const responses = Float64Array.of(1, 2, 4, 8, 16);
  const { map, on, off } = averageNoise(frames, responses);
  expect([...map]).toEqual([15 / 4, 27 / 4, 30 / 4].map((value) => expect.closeTo(value, 12)));
  expect([...on!]).toEqual([5 / 2, 18 / 2, 10 / 2]);
  expect([...off!]).toEqual([10 / 2, 9 / 2, 20 / 2]);
});

test('noise of one polarity has one map, and a place that was never presented has no value', () => {
  const bright = Int8Array.of(1, 0, 0, 1);
  expect(averageNoise(bright, Float64Array.of(1, 2))).toMatchObject({ off: null });
  expect(() => averageNoise(Int8Array.of(1, 0, 1, 0), Float64Array.of(1, 2))).toThrow(
    'place 1 of 2 was never presented; more frames are needed',
  );
});
