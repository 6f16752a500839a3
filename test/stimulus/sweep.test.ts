import { expect, test } from 'vitest';
import { defaultValues } from '../../src/stimulus/default-values.js';
import { Grating, renderGrating } from '../../src/stimulus/parametric/grating.js';
import { renderParametric } from '../../src/stimulus/parametric/kinds.js';
import { SparseNoise } from '../../src/stimulus/parametric/sparse-noise.js';
import { planSweep, renderSlices, type Slice, sweepable } from '../../src/stimulus/sweep.js';

const CANVAS = { height: 9, width: 11, channels: 1 as const, background: 0.5 };
const paths = { parameter: 'parameter', values: 'values' };
const axis = (parameter: string, values?: readonly number[]) => ({ parameter, values, paths });

test('the default values fit a 50x50 image', () => {
  const canvas = { height: 50, width: 50, channels: 1 as const, background: 0.6 };
  const ends = (parameter: string) => {
    const values = defaultValues(parameter, canvas)!;
    return [values.length, values[0], values.at(-1)];
  };
  expect(ends('orientation')).toEqual([12, 0, 165]);
  expect(ends('direction')).toEqual([24, 0, 345]);
  expect(ends('phase')).toEqual([8, 0, 315]);
  expect(ends('spatialFrequency')).toEqual([22, 0.02, 0.4]);
  expect(ends('diameter')).toEqual([12, 2, 50]);
  expect(ends('contrast')).toEqual([9, 0.04163, 0.666]);
  expect(ends('x')).toEqual([21, -23.81, 23.81]);
  expect(ends('surroundOrientation')).toEqual([12, 0, 165]);
  expect(defaultValues('sigmaX', canvas)).toBeUndefined();
});

test.each(['spatialFrequency', 'diameter', 'contrast'])(
  '%s is spaced by one ratio, to 1e-3',
  (name) => {
    const values = defaultValues(name, {
      height: 50,
      width: 50,
      channels: 1 as const,
      background: 0.5,
    })!;
    const ratio = values[1]! / values[0]!;
    for (let i = 1; i < values.length; i++) {
      expect(values[i]! / values[i - 1]! / ratio).toBeCloseTo(1, 3);
    }
  },
);

test('the last parameter varies fastest, and the phase before all others', () => {
  const stimulus = { grating: { diameter: 7, contrast: 0.5 } };
  const axes = [axis('orientation', [10, 100, 170]), axis('x', [-1, 2])];
  const sweep = planSweep({ stimulus, axes }, CANVAS);
  expect(sweep.count).toBe(3 * 2 * 8);
  expect(sweep.labels(29)).toEqual({ orientation: 100, x: 2, phase: 225 });
  const fixed = Grating.parse({ diameter: 7, contrast: 0.5 });
  const expected = { ...fixed, orientation: 100, x: 2, phase: 225 };
  expect([...sweep.paint()][29]!.image).toEqual(renderGrating(expected, CANVAS));
  expect(sweep.stimulus).toEqual({
    grating: {
      spatialFrequency: 0.1,
      contrast: 0.5,
      diameter: 7,
      innerDiameter: 0,
      y: 0,
      edge: 'hard',
    },
  });
});

test('a sequence has its frames in place of phases', () => {
  const stimulus = { sparseNoise: { size: 2, squares: 3, frames: 4 } };
  const sweep = planSweep({ stimulus, axes: [axis('contrast', [0.25, 0.5])] }, CANVAS);
  expect([sweep.count, sweep.averaged]).toEqual([8, { parameter: 'frame', values: [0, 1, 2, 3] }]);
  expect(sweep.labels(6)).toEqual({ contrast: 0.5, frame: 2 });
  const parameters = SparseNoise.parse({ size: 2, squares: 3, frames: 4, contrast: 0.5 });
  const { stimuli } = renderParametric({ kind: 'sparseNoise', parameters }, CANVAS);
  expect([...sweep.paint()][6]!.image.pixels).toEqual(stimuli.pixels.subarray(2 * 99, 3 * 99));
});

test('concatenated slices of any size are the sweep', async () => {
  const sweep = planSweep({ stimulus: { disc: {} }, axes: [axis('x', [0, 1, 2, 3, 4])] }, CANVAS);
  const all = [...sweep.paint()].flatMap(({ image }) => [...image.pixels]);
  for (const most of [1, 2, 5, 100]) {
    const slices: Slice[] = [];
    let turns = 0;
    const yieldAfter = async () => {
      turns++;
    };
    for await (const slice of renderSlices(sweep, CANVAS, most, yieldAfter)) slices.push(slice);
    expect(slices.flatMap(({ stimuli }) => [...stimuli.pixels])).toEqual(all);
    expect(slices.map(({ from }) => from)).toEqual(
      Array.from({ length: Math.ceil(5 / most) }, (_, i) => i * most),
    );
    expect(turns).toBe(5);
  }
});

test('a given parameter is averaged over its values', () => {
  const averaged = { parameter: 'contrast', values: [1, -1] };
  const sweep = planSweep({ stimulus: { disc: {} }, axes: [axis('x', [0, 1])], averaged }, CANVAS);
  expect([sweep.count, sweep.labels(3)]).toEqual([4, { x: 1, contrast: -1 }]);
});

test('numbers can be swept, names and seeds cannot', () => {
  expect(sweepable('disc')).toEqual(['diameter', 'contrast', 'x', 'y']);
  expect(sweepable('sparseNoise')).toEqual(['size', 'squares', 'contrast']);
  expect(sweepable('plaid')).toEqual(['diameter', 'innerDiameter', 'x', 'y']);
});
