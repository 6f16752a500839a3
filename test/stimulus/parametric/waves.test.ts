import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderParametric } from '../../../src/stimulus/parametric/kinds.js';
import { type StimulusImage, stimulusAt } from '../../../src/stimulus/stimuli.js';
import { greatestDifference } from '../../support/numbers.js';
import { parametric, stimuliOf } from './arbitrary.js';

const SIDE = 50;
const CANVAS = { height: SIDE, width: SIDE, channels: 1 as const, background: 0.5 };
/** Float32 values near 1 are 6e-8 apart. */
const ROUNDING = 1e-7;

function imageOf(kind: 'grating' | 'gabor' | 'plaid' | 'centreSurround', fields: object) {
  return stimulusAt(renderParametric(parametric(kind, fields), CANVAS).stimuli, 0);
}

function full(fields: object): StimulusImage {
  return imageOf('grating', { diameter: null, ...fields });
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
}

/** Orientation of the bars by the structure tensor, from differences of neighbours. */
function orientationByGradient({ pixels }: StimulusImage): number {
  let [xx, yy, xy] = [0, 0, 0];
  for (let row = 1; row < SIDE - 1; row++) {
    for (let column = 1; column < SIDE - 1; column++) {
      const right = pixels[row * SIDE + column + 1]! - pixels[row * SIDE + column - 1]!;
      const up = pixels[(row - 1) * SIDE + column]! - pixels[(row + 1) * SIDE + column]!;
      xx += right * right;
      yy += up * up;
      xy += right * up;
    }
  }
  const normal = (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI;
  return (normal + 90 + 360) % 180;
}

/** Power of the frequency (u, v) in cycles per image, u to the right and v up. */
function power({ pixels }: StimulusImage, u: number, v: number): number {
  let [re, im] = [0, 0];
  for (let i = 0; i < pixels.length; i++) {
    const angle = (2 * Math.PI * (u * (i % SIDE) - v * Math.floor(i / SIDE))) / SIDE;
    re += pixels[i]! * Math.cos(angle);
    im -= pixels[i]! * Math.sin(angle);
  }
  return (re * re + im * im) / pixels.length ** 2;
}

test('the bars have the given orientation, counter-clockwise from horizontal', () => {
  for (let orientation = 0; orientation < 180; orientation += 15) {
    for (const image of [
      full({ orientation, spatialFrequency: 0.03 }),
      imageOf('gabor', { orientation, wavelength: 20, sigmaX: 6, sigmaY: 6 }),
    ]) {
      const off = (orientationByGradient(image) - orientation + 270) % 180;
      // Differences over two pixels shorten a steep gradient a little, and the image border cuts the bars.
      expect(Math.abs(off - 90)).toBeLessThan(1.5);
    }
  }
});

test('the spectrum peaks at the spatial frequency, along the normal to the bars', () => {
  // Whole cycles per image put all power into one frequency.
  for (const [u, v] of [
    [0, 5],
    [5, 0],
    [3, 4],
    [-3, 4],
    [7, -2],
  ] as const) {
    const orientation = (Math.atan2(v, u) * 180) / Math.PI - 90;
    const image = full({ orientation, spatialFrequency: Math.hypot(u, v) / SIDE, contrast: 0.8 });
    expect(power(image, 0, 0)).toBeCloseTo(0.25, 6);
    // A cosine of amplitude 0.4 has two spectral lines of half of that.
    expect(power(image, u, v)).toBeCloseTo(0.04, 6);
    expect(power(image, -u, v) + power(image, u + 1, v) + power(image, 2 * u, 2 * v)).toBeLessThan(
      u === 0 || v === 0 ? 0.0400001 : 1e-9,
    );
  }
});

test('whole cycles have the given mean luminance, Michelson and RMS contrast', () => {
  for (const contrast of [0.1, 0.5, 1]) {
    const { pixels } = full({ spatialFrequency: 0.1, contrast, phase: 18 });
    expect(Math.abs(mean(pixels) - 0.5)).toBeLessThan(ROUNDING);
    const [least, most] = [Math.min(...pixels), Math.max(...pixels)];
    // At this phase each crest and each trough has a pixel.
    expect(Math.abs((most - least) / (most + least) - contrast)).toBeLessThan(2 * ROUNDING);
    const rms = Math.sqrt(mean(pixels.map((pixel) => (pixel / 0.5 - 1) ** 2)));
    expect(Math.abs(rms - contrast / Math.SQRT2)).toBeLessThan(1e-6);
  }
});

test('at the centre phase 0 is brightest, 180 darkest, and 90 the background, falling upward', () => {
  const at = (phase: number, up: number) =>
    imageOf('grating', { phase, x: 0.5, y: 0.5 - up, diameter: null }).pixels[24 * SIDE + 25]!;
  expect(at(0, 0)).toBe(1);
  expect(at(180, 0)).toBe(0);
  expect(at(90, 0)).toBeCloseTo(0.5, 7);
  // Pixels above the centre are further along the normal, where cos(x + 90) is below 0.
  expect(at(90, 1)).toBeLessThan(0.5);
});

test('a drifting grating is a sequence of static ones, each a phase step later', () => {
  fc.assert(
    fc.property(stimuliOf('driftingGrating'), (drifting) => {
      const { direction, step, frames, ...rest } = drifting.parameters;
      const { stimuli } = renderParametric(drifting, CANVAS);
      expect(stimuli.count).toBe(frames);
      for (let i = 0; i < frames; i++) {
        const orientation = direction - 90;
        const still = imageOf('grating', { ...rest, orientation, phase: rest.phase - i * step });
        expect(stimulusAt(stimuli, i)).toEqual(still);
      }
    }),
    { numRuns: 30 },
  );
});

test('a grating drifts in its direction: right at 0, up at 90, and back for a negative step', () => {
  const frames = (direction: number, step: number) => {
    const fields = { direction, step, frames: 2, spatialFrequency: 0.1, diameter: null };
    const { stimuli } = renderParametric(parametric('driftingGrating', fields), CANVAS);
    return [stimulusAt(stimuli, 0).pixels, stimulusAt(stimuli, 1).pixels] as const;
  };
  // a tenth of a cycle of 10 pixels is one pixel
  const inner = Array.from({ length: 40 * 40 }, (_, i) => [5 + Math.floor(i / 40), 5 + (i % 40)]);
  for (const [direction, right, up] of [
    [0, 1, 0],
    [90, 0, 1],
    [180, -1, 0],
    [270, 0, -1],
  ] as const) {
    for (const sign of [1, -1]) {
      const [first, second] = frames(direction, sign * 36);
      const moved = inner.map(
        ([row, column]) => first[(row! + sign * up) * SIDE + column! - sign * right]!,
      );
      const expected = inner.map(([row, column]) => second[row! * SIDE + column!]!);
      expect(greatestDifference(moved, expected)).toBeLessThan(ROUNDING);
    }
  }
});

test('a plaid is the mean of its components', () => {
  fc.assert(
    fc.property(stimuliOf('plaid'), ({ parameters }) => {
      const { components, ...rest } = parameters;
      const images = components.map((component) => imageOf('grating', { ...rest, ...component }));
      const expected = images[0]!.pixels.map((_, i) =>
        mean(images.map(({ pixels }) => pixels[i]!)),
      );
      expect(greatestDifference(imageOf('plaid', parameters).pixels, expected)).toBeLessThan(
        ROUNDING,
      );
    }),
    { numRuns: 30 },
  );
});

test('a gabor equals another form of its formula', () => {
  fc.assert(
    fc.property(stimuliOf('gabor'), ({ parameters }) => {
      const { orientation, wavelength, phase, sigmaX, sigmaY, x, y } = parameters;
      const contrast = parameters.contrast!;
      const theta = (orientation * Math.PI) / 180;
      const expected = Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
        const distance = Math.hypot((i % SIDE) - 24.5 - x, 24.5 - Math.floor(i / SIDE) - y);
        const angle = Math.atan2(24.5 - Math.floor(i / SIDE) - y, (i % SIDE) - 24.5 - x) - theta;
        const [along, across] = [distance * Math.cos(angle), distance * Math.sin(angle)];
        const envelope =
          Math.exp(-0.5 * (across / sigmaX) ** 2) * Math.exp(-0.5 * (along / sigmaY) ** 2);
        const turns = across / wavelength + phase / 360;
        return 0.5 + 0.5 * contrast * envelope * Math.cos(2 * Math.PI * turns);
      });
      expect(greatestDifference(imageOf('gabor', parameters).pixels, expected)).toBeLessThan(
        ROUNDING,
      );
    }),
    { numRuns: 50 },
  );
});

test('centre and surround are a disc and an annulus of grating with background between', () => {
  fc.assert(
    fc.property(stimuliOf('centreSurround'), ({ parameters }) => {
      const { diameter, gap, surroundDiameter, x, y, edge, contrast } = parameters;
      const shared = { x, y, edge };
      const centre = imageOf('grating', {
        ...shared,
        orientation: parameters.orientation,
        phase: parameters.phase,
        spatialFrequency: parameters.spatialFrequency,
        contrast,
        diameter,
      });
      const surround = imageOf('grating', {
        ...shared,
        orientation: parameters.surroundOrientation,
        phase: parameters.surroundPhase,
        spatialFrequency: parameters.surroundSpatialFrequency,
        contrast: parameters.surroundContrast,
        diameter: surroundDiameter,
        innerDiameter: diameter + 2 * gap,
      });
      const expected = centre.pixels.map((pixel, i) => pixel + surround.pixels[i]! - 0.5);
      const { pixels } = imageOf('centreSurround', parameters);
      expect(greatestDifference(pixels, expected)).toBeLessThan(2 * ROUNDING);
      if (edge === 'cosine') return;
      for (const [i, pixel] of pixels.entries()) {
        const distance = Math.hypot((i % SIDE) - 24.5 - x, 24.5 - Math.floor(i / SIDE) - y);
        const inGap = distance > diameter / 2 + 0.71 && distance < diameter / 2 + gap - 0.71;
        if (inGap) expect(pixel).toBe(0.5);
      }
    }),
    { numRuns: 50 },
  );
});

test('a surround without parameters continues the centre', () => {
  const fields = { orientation: 30, phase: 40, contrast: 0.7, spatialFrequency: 0.08 };
  const both = imageOf('centreSurround', { ...fields, diameter: 15, surroundDiameter: 31 });
  const one = imageOf('grating', { ...fields, diameter: 31 });
  expect(greatestDifference(both.pixels, one.pixels)).toBeLessThan(ROUNDING);
});

test('a hole that covers everything is rejected', () => {
  expect(() => imageOf('grating', { diameter: 5, innerDiameter: 5 })).toThrow(
    'innerDiameter 5 must be less than diameter 5',
  );
  expect(() => imageOf('centreSurround', { diameter: 20, gap: 10, surroundDiameter: 40 })).toThrow(
    'diameter 20 and gap 10 leave nothing of a surround of 40',
  );
});

test('the brighter of centre and surround decides whether both can be presented', () => {
  const canvas = { ...CANVAS, background: 0.75 };
  for (const [contrast, surroundContrast] of [
    [0.1, 1],
    [1, 0.1],
  ]) {
    const stimulus = parametric('centreSurround', { contrast, surroundContrast });
    expect(() => renderParametric(stimulus, canvas)).toThrow('contrast 1 on a background of 0.75');
  }
});
