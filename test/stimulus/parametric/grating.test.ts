import fc from 'fast-check';
import { expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import {
  Grating,
  renderGrating,
  renderGratings,
} from '../../../src/stimulus/parametric/grating.js';
import { blankStimulus } from '../../../src/stimulus/parametric/paint.js';
import type { Canvas } from '../../../src/stimulus/stimuli.js';
import { between, greatestDifference } from '../../support/numbers.js';

const SIDE = 17;
const CANVAS: Canvas = { height: SIDE, width: SIDE, channels: 1 as const, background: 0.5 };
/** Float32 values near 1 are 6e-8 apart. */
const ROUNDING = 1e-7;

const degrees = fc.integer({ min: -360, max: 360 });
const offset = fc.integer({ min: -6, max: 6 });
const gratings = fc
  .record({
    orientation: degrees,
    spatialFrequency: between(0.01, 0.5),
    phase: degrees,
    contrast: between(0, 1),
    diameter: fc.option(between(4, 40)),
    innerDiameter: fc.constantFrom(0, 3),
    x: offset,
    y: offset,
    edge: fc.constantFrom('hard', 'cosine'),
  })
  .map((fields) => ({ ...Grating.parse(fields), contrast: fields.contrast }));

function render(grating: Partial<Grating>, canvas: Canvas = CANVAS): Float32Array {
  return renderGrating(Grating.parse({ diameter: null, ...grating }), canvas).pixels;
}

test('a full-field grating is the projection onto its drift direction, in another formula', () => {
  const canvas = { height: 12, width: 20, channels: 1 as const, background: 0.4 };
  fc.assert(
    fc.property(gratings, (drawn) => {
      const grating = { ...drawn, diameter: null, innerDiameter: 0 };
      const direction = ((grating.orientation + 90) * Math.PI) / 180;
      const expected = new Float32Array(12 * 20);
      for (let i = 0; i < expected.length; i++) {
        const right = (i % 20) - 9.5 - grating.x;
        const up = 5.5 - Math.floor(i / 20) - grating.y;
        const distance = right * Math.cos(direction) + up * Math.sin(direction);
        const turns = grating.spatialFrequency * distance + grating.phase / 360;
        expected[i] = 0.4 + 0.4 * grating.contrast * Math.cos(2 * Math.PI * turns);
      }
      expect(greatestDifference(render(grating, canvas), expected)).toBeLessThan(ROUNDING);
    }),
  );
});

test('orientation 0 gives horizontal bars: luminance changes along y only', () => {
  const pixels = render({ orientation: 0, phase: 30, spatialFrequency: 0.07 });
  for (let row = 0; row < SIDE; row++) {
    const bar = pixels.subarray(row * SIDE, (row + 1) * SIDE);
    expect(new Set(bar).size).toBe(1);
  }
  expect(new Set(pixels).size).toBe(SIDE);
});

test('orientation 90 gives vertical bars: luminance changes along x only', () => {
  const pixels = render({ orientation: 90, phase: 30, spatialFrequency: 0.07 });
  for (let row = 1; row < SIDE; row++) {
    expect(pixels.subarray(row * SIDE, (row + 1) * SIDE)).toEqual(pixels.subarray(0, SIDE));
  }
  expect(new Set(pixels).size).toBe(SIDE);
});

test('orientation 45 gives bars from the bottom left to the top right', () => {
  const pixels = render({ orientation: 45, spatialFrequency: 0.05 });
  const at = (row: number, column: number) => pixels[row * SIDE + column]!;
  for (let i = 0; i < SIDE; i++) {
    expect(at(SIDE - 1 - i, i)).toBe(1);
  }
  expect(at(0, 0)).toBeLessThan(0.9);
  expect(at(SIDE - 1, SIDE - 1)).toBeLessThan(0.9);
});

test('x moves the aperture right and y moves it up', () => {
  const pixels = render({ x: 5, y: 4, diameter: 3, spatialFrequency: 0.01 });
  const brightest = pixels.indexOf(Math.max(...pixels));
  expect({ row: Math.floor(brightest / SIDE), column: brightest % SIDE }).toEqual({
    row: 8 - 4,
    column: 8 + 5,
  });
});

test('turning by 180 degrees changes the sign of the phase', () => {
  fc.assert(
    fc.property(gratings, (grating) => {
      const turned = { ...grating, orientation: grating.orientation + 180, phase: -grating.phase };
      expect(greatestDifference(render(turned), render(grating))).toBeLessThan(ROUNDING);
    }),
  );
});

test('turning by 90 degrees turns the image, bit for bit', () => {
  fc.assert(
    fc.property(gratings, (grating) => {
      const upright = render({ ...grating, x: 0, y: 0 });
      const turned = render({ ...grating, x: 0, y: 0, orientation: grating.orientation + 90 });
      const expected = turned.map((_, i) => {
        const row = Math.floor(i / SIDE);
        const column = i % SIDE;
        return upright[column * SIDE + (SIDE - 1 - row)]!;
      });
      expect(turned).toEqual(expected);
    }),
  );
});

test('a phase of 360 degrees more gives the same image, bit for bit', () => {
  fc.assert(
    fc.property(gratings, (grating) => {
      const phase = Math.abs(grating.phase);
      expect(render({ ...grating, phase: phase + 360 })).toEqual(render({ ...grating, phase }));
    }),
  );
});

test('the mean over a full turn of phases is the background', () => {
  fc.assert(
    fc.property(gratings, (grating) => {
      const mean = new Float64Array(SIDE * SIDE);
      for (let k = 0; k < 8; k++) {
        const pixels = render({ ...grating, phase: grating.phase + 45 * k });
        for (let i = 0; i < mean.length; i++) mean[i]! += pixels[i]! / 8;
      }
      expect(greatestDifference(mean, new Float64Array(SIDE * SIDE).fill(0.5))).toBeLessThan(
        ROUNDING,
      );
    }),
  );
});

test('the deviation from the background is proportional to contrast', () => {
  fc.assert(
    fc.property(gratings, (grating) => {
      const full = render({ ...grating, contrast: 1 });
      const expected = full.map((value) => 0.5 + grating.contrast * (value - 0.5));
      expect(greatestDifference(render(grating), expected)).toBeLessThan(ROUNDING);
    }),
  );
});

test('a hard aperture covers the area of its disc or annulus and nothing outside', () => {
  // At such a low spatial frequency the modulation equals the coverage.
  const flat = { spatialFrequency: 1e-9, contrast: 1 };
  for (const { diameter, innerDiameter } of [
    { diameter: 5, innerDiameter: 0 },
    { diameter: 12.3, innerDiameter: 0 },
    { diameter: 14, innerDiameter: 7 },
  ]) {
    const pixels = render({ ...flat, diameter, innerDiameter });
    const area = pixels.reduce((sum, value) => sum + (value - 0.5) / 0.5, 0);
    const exact = (Math.PI * (diameter ** 2 - innerDiameter ** 2)) / 4;
    // float32 pixels near 1 are 6e-8 apart, and there are 289
    expect(Math.abs(area - exact)).toBeLessThan(2e-5);
    for (const [i, value] of pixels.entries()) {
      const distance = Math.hypot((i % SIDE) - 8, Math.floor(i / SIDE) - 8);
      if (distance > diameter / 2 + 0.71) expect(value).toBe(0.5);
      if (distance < innerDiameter / 2 - 0.71) expect(value).toBe(0.5);
    }
  }
});

test('a cosine edge falls from 1 at three quarters of the radius to 0 at the radius', () => {
  const pixels = render({ spatialFrequency: 1e-9, diameter: 16, edge: 'cosine' });
  const coverage = [0, 5, 6, 7, 8].map((x) => (pixels[8 * SIDE + 8 + x]! - 0.5) / 0.5);
  expect(greatestDifference(coverage, [1, 1, 1, 0.5, 0])).toBeLessThan(ROUNDING);
});

test('gratings are rendered in order, and the blank is the background', () => {
  const set = [0, 90].map((orientation) => Grating.parse({ diameter: null, orientation }));
  const batch = renderGratings(set, CANVAS);
  expect(batch.count).toBe(2);
  expect(batch.pixels.subarray(SIDE * SIDE)).toEqual(render({ orientation: 90 }));
  expect(new Set(blankStimulus(CANVAS).pixels)).toEqual(new Set([0.5]));
});

test('a grating brighter than white is rejected, not clipped', () => {
  const canvas = { ...CANVAS, background: 0.6 };
  expect(() => render({ contrast: 1 }, canvas)).toThrow(InputError);
  expect(() => render({ contrast: 1 }, canvas)).toThrowErrorMatchingInlineSnapshot(
    `[InputError: contrast 1 on a background of 0.6 needs luminance 1.2, brighter than white; expected at most 0.666]`,
  );
  expect(Math.max(...render({ contrast: 0.666 }, canvas))).toBeLessThanOrEqual(1);
});

test('a hole as large as the disc is rejected', () => {
  expect(() => render({ diameter: 5, innerDiameter: 5 })).toThrowErrorMatchingInlineSnapshot(
    `[InputError: innerDiameter 5 must be less than diameter 5]`,
  );
});
