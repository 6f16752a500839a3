import { expect, test } from 'vitest';
import { findDimension } from '../../src/experiments/dimensions.js';
import { planSweep } from '../../src/stimulus/sweep.js';
import { DIMENSIONS } from '../../src/tuning/dimensions/dimensions.js';

const CANVAS = { height: 50, width: 50, channels: 1 as const, background: 0.5 };

function dimensionIn(kind: string, fields: object, parameter: string, values: number[]): string {
  const axis = { parameter, values, paths: { parameter, values: 'values' } };
  const sweep = planSweep({ stimulus: { [kind]: fields }, axes: [axis] }, CANVAS);
  return findDimension(sweep, sweep.axes[0]!);
}

test('each parameter is declared by one dimension', () => {
  const declared = Object.values(DIMENSIONS).flatMap(({ parameters }) => [...parameters]);
  expect(declared.length).toBeGreaterThan(0);
  expect(new Set(declared).size).toBe(declared.length);
});

test.each([
  ['grating', {}, 'orientation', [0, 45, 90], 'orientation'],
  ['grating', {}, 'diameter', [5, 10, 20], 'size'],
  ['bar', {}, 'length', [5, 10, 20], 'size'],
  ['grating', { innerDiameter: 4 }, 'diameter', [5, 10, 20], 'other'],
  ['gabor', { sigmaX: 4 }, 'aspectRatio', [0.5, 1, 2], 'aspectRatio'],
  ['grating', {}, 'contrast', [0.1, 0.2, 0.4], 'contrast'],
  ['disc', {}, 'contrast', [-0.4, 0.2, 0.4], 'other'],
  ['centreSurround', {}, 'contrast', [0.1, 0.2, 0.4], 'contrast'],
  ['centreSurround', { surroundContrast: 0.2 }, 'contrast', [0.1, 0.2, 0.4], 'other'],
] as const)(
  'a sweep of %s %o over %s %o is measured as %s',
  (kind, fields, parameter, values, dimension) => {
    expect(dimensionIn(kind, fields, parameter, [...values])).toBe(dimension);
  },
);
