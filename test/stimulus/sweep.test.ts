import { expect, test } from 'vitest';
import { Grating, renderGrating } from '../../src/stimulus/parametric/grating.js';
import { stimulusAt } from '../../src/stimulus/stimuli.js';
import { orientationSweep } from '../../src/stimulus/sweep.js';

const CANVAS = { height: 9, width: 11, background: 0.5 };

test('the default sweep has 12 orientations and 8 phases', () => {
  const sweep = orientationSweep(Grating.parse({}), CANVAS);
  expect(sweep.orientations).toEqual([0, 15, 30, 45, 60, 75, 90, 105, 120, 135, 150, 165]);
  expect(sweep.phases).toEqual([0, 45, 90, 135, 180, 225, 270, 315]);
  expect(sweep.stimuli.count).toBe(96);
});

test('stimulus o * phases + p shows orientation o at phase p, the rest as given', () => {
  const fixed = Grating.parse({ diameter: 7, contrast: 0.5 });
  const sweep = orientationSweep(fixed, CANVAS, [10, 100], [0, 90, 200]);
  const expected = { ...fixed, orientation: 100, phase: 90 };
  expect(sweep.gratings[4]).toEqual(expected);
  expect(stimulusAt(sweep.stimuli, 4)).toEqual(renderGrating(expected, CANVAS));
});
