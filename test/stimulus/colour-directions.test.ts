import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  coneExcitations,
  coneMatrix,
  lightOf,
  type Triple,
} from '../../src/stimulus/colour/cones.js';
import { Monitor } from '../../src/stimulus/colour/monitor.js';
import { parseParametric } from '../../src/stimulus/parametric/entry.js';
import { type Kind, prepare } from '../../src/stimulus/parametric/kinds.js';
import type { Canvas } from '../../src/stimulus/stimuli.js';
import { planSweep } from '../../src/stimulus/sweep.js';
import { ALL_KINDS } from './parametric/arbitrary.js';
import { decode, rejection } from './request.js';

/** A monitor with the primaries of sRGB, of 100 cd/m2, whose guns differ in gamma. */
const MONITOR = Monitor.parse({
  red: { x: 0.64, y: 0.33, luminance: 21.26, gamma: 2.2 },
  green: { x: 0.3, y: 0.6, luminance: 71.52, gamma: 2.1 },
  blue: { x: 0.15, y: 0.06, luminance: 7.22, gamma: 2.3 },
});
const SIZE = { height: 20, width: 24 };
const CANVAS: Canvas = { ...SIZE, channels: 3, background: 0.5, monitor: MONITOR };
const MATRIX = coneMatrix(MONITOR);

function render(kind: Kind, colour: object | undefined, canvas = CANVAS, fields: object = {}) {
  const entry = { [kind]: fields, ...(colour ? { colour } : {}) };
  return prepare(parseParametric(kind, entry, '', undefined), canvas).paint(0).image;
}

/** The excitations of L, M and S cones by each pixel, less those by the background, as shares of these. */
function coneContrasts(kind: Kind, azimuth: number, elevation: number, canvas = CANVAS) {
  const { pixels } = render(kind, { space: 'dkl', azimuth, elevation }, canvas);
  const excitations = (values: Triple) => coneExcitations(MATRIX, lightOf(MONITOR, values));
  const blank = excitations([canvas.background, canvas.background, canvas.background]);
  const luminance = blank[0] + blank[1];
  return Array.from({ length: pixels.length / 3 }, (_, i) => {
    const own = excitations([...pixels.subarray(3 * i, 3 * i + 3)] as unknown as Triple);
    const [l, m, s] = own.map((value, k) => value / blank[k]! - 1) as unknown as Triple;
    return { l, m, s, y: (own[0] + own[1]) / luminance - 1 };
  });
}

const largest = (values: readonly number[]) => Math.max(...values.map(Math.abs));

/** Values are rounded to float32, whose steps below 1 are at most 6e-8, and then raised to about 2.2. */
const TOLERANCE = 1e-6;

test('L + M is the luminance of each primary', () => {
  for (const [c, name] of (['red', 'green', 'blue'] as const).entries()) {
    expect(MATRIX[0][c]! + MATRIX[1][c]!).toBeCloseTo(MONITOR[name].luminance, 10);
  }
});

test('azimuth 0 changes L and M alone, at constant luminance', () => {
  const seen = coneContrasts('grating', 0, 0);
  expect(largest(seen.map(({ s }) => s))).toBeLessThan(TOLERANCE);
  expect(largest(seen.map(({ y }) => y))).toBeLessThan(TOLERANCE);
  expect(largest(seen.map(({ l }) => l))).toBeGreaterThan(0.05);
  // More L goes with less M.
  for (const { l, m } of seen) expect(l * m).toBeLessThanOrEqual(TOLERANCE);
});

test('azimuth 90 changes S alone', () => {
  const seen = coneContrasts('gabor', 90, 0);
  expect(largest(seen.flatMap(({ l, m }) => [l, m]))).toBeLessThan(TOLERANCE);
  expect(largest(seen.map(({ s }) => s))).toBeGreaterThan(0.5);
});

test('each azimuth keeps the luminance, on each background', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -360, max: 360 }),
      fc.constantFrom(0.2, 0.5, 0.7),
      (azimuth, background) => {
        const seen = coneContrasts('grating', azimuth, 0, { ...CANVAS, background });
        expect(largest(seen.map(({ y }) => y))).toBeLessThan(TOLERANCE);
      },
    ),
    { numRuns: 30 },
  );
});

test('elevation 90 changes the luminance at constant chromaticity', () => {
  for (const { l, m, s, y } of coneContrasts('grating', 30, 90)) {
    for (const cone of [l, m, s]) expect(Math.abs(cone - y)).toBeLessThan(TOLERANCE);
  }
});

test('contrast 1 reaches an end of the gamut, and half of it has half of the light', () => {
  for (const [azimuth, elevation] of [
    [0, 0],
    [90, 0],
    [45, 30],
    [200, -60],
  ] as const) {
    const colour = { space: 'dkl', azimuth, elevation };
    const light = (contrast: number) => {
      const { pixels } = render('disc', colour, CANVAS, { contrast });
      const at = 3 * (10 * SIZE.width + 12);
      return lightOf(MONITOR, [...pixels.subarray(at, at + 3)] as unknown as Triple);
    };
    const about = lightOf(MONITOR, [0.5, 0.5, 0.5]);
    const [up, down, half] = [light(1), light(-1), light(0.5)];
    expect(
      Math.min(...up, ...down, ...up.map((v) => 1 - v), ...down.map((v) => 1 - v)),
    ).toBeLessThan(TOLERANCE);
    for (const [c, blank] of about.entries()) {
      expect(up[c]! - blank).toBeCloseTo(blank - down[c]!, 6);
      expect(half[c]! - blank).toBeCloseTo((up[c]! - blank) / 2, 6);
    }
  }
});

test.each(ALL_KINDS)(
  '%s in rgb [2, 2, 2] and without a colour is the gray one in each channel',
  (kind) => {
    const { pixels } = render(kind, undefined, { ...SIZE, channels: 1, background: 0.5 });
    const repeated = Float32Array.from(
      { length: 3 * pixels.length },
      (_, i) => pixels[Math.floor(i / 3)]!,
    );
    expect(render(kind, undefined).pixels).toEqual(repeated);
    expect(render(kind, { space: 'rgb', direction: [2, 2, 2] }).pixels).toEqual(repeated);
  },
);

test('a direction in rgb modulates each channel by its share of the largest', () => {
  const gray = render('grating', undefined, { ...SIZE, channels: 1, background: 0.5 }).pixels;
  const { pixels } = render('grating', { space: 'rgb', direction: [2, -1, 0] });
  for (const [i, value] of gray.entries()) {
    const modulation = value / 0.5 - 1;
    expect(pixels[3 * i]).toBeCloseTo(0.5 * (1 + modulation), 6);
    expect(pixels[3 * i + 1]).toBeCloseTo(0.5 * (1 - modulation / 2), 6);
    expect(pixels[3 * i + 2]).toBe(0.5);
  }
});

test('colours that cannot be shown are refused with the reason', async () => {
  const type = 'application/json';
  const grating = (colour: object, kind: object = { grating: {} }) =>
    JSON.stringify({ stimuli: [{ ...kind, colour }] });
  const target = { height: 6, width: 4, channels: 3 as const, background: 0.5 };
  const dkl = { space: 'dkl', azimuth: 0, elevation: 0 };
  const disc = { disc: { contrast: -1 } };
  const bright = { ...target, background: 0.75 };
  expect([
    await rejection(type, grating(dkl)),
    await rejection(type, grating(dkl), { target }),
    await rejection(type, grating({ space: 'rgb', direction: [0, 0, 0] }), { target }),
    await rejection(type, grating({ space: 'hsv' }), { target }),
    await rejection(type, grating({ space: 'rgb', direction: [1, -1, 0] }, disc), {
      target: bright,
    }),
    await rejection(type, grating(dkl, { image: { png: '' } }), { target }),
  ]).toMatchInlineSnapshot(`
    [
      "InputError: stimuli[0].grating: colour on gray images; expected no colour, or a model whose card has 3 channels [stimuli[0].grating]",
      "InputError: stimuli[0].grating: colour in dkl needs the primaries of the monitor, which are not known; expected {"space": "rgb", "direction": [r, g, b]}, or a model whose card has a monitor: chromaticities, luminances and gammas of its primaries, which ingest --monitor keeps [stimuli[0].grating]",
      "InputError: stimuli[0].colour.direction: must not be all 0 [stimuli[0].colour.direction]",
      "InputError: stimuli[0].colour.space: is of no known space; expected "space": "rgb" or "space": "dkl" [stimuli[0].colour.space]",
      "InputError: stimuli[0].disc: the colour is brighter than white in 24 pixels; expected a smaller contrast, or "clip": true [stimuli[0].disc]",
      "InputError: stimuli[0].colour: an image has its own colours; expected a rendered stimulus [stimuli[0].colour]",
    ]
  `);
  const clipped = JSON.stringify({
    ...disc,
    colour: { space: 'rgb', direction: [1, -1, 0] },
    clip: true,
  });
  expect((await decode(type, clipped, { target: bright })).notes[0]).toHaveLength(1);
  const open = { height: 6, width: 4, channels: undefined, background: 0.5 };
  const red = grating({ space: 'rgb', direction: [1, 0, 0] });
  expect((await decode(type, red, { target: open })).stimuli.channels).toBe(3);
});

test('a sweep of azimuths renders each as it is alone', () => {
  const paths = { parameter: 'parameter', values: 'values' };
  const axes = [{ parameter: 'azimuth', values: [0, 45, 90], paths }];
  const stimulus = { disc: {}, colour: { space: 'dkl', elevation: 10 } };
  const sweep = planSweep({ stimulus, axes }, CANVAS);
  const painted = [...sweep.paint()].map(({ image }) => image);
  expect(painted).toEqual(
    [0, 45, 90].map((azimuth) => render('disc', { space: 'dkl', azimuth, elevation: 10 })),
  );
  expect(sweep.axes[0]!.unit).toBe('degrees');
  expect(sweep.labels(1)).toEqual({ azimuth: 45 });
  const { values } = planSweep({ stimulus, axes: [{ parameter: 'elevation', paths }] }, CANVAS)
    .axes[0]!;
  expect([values[0], values[6], values.at(-1)]).toEqual([-90, 0, 90]);
  const rgb = { disc: {}, colour: { space: 'rgb', direction: [1, 0, 0] } };
  expect(() => planSweep({ stimulus: rgb, axes }, CANVAS)).toThrow('azimuth is an angle in dkl');
  expect(() => planSweep({ stimulus, axes }, { ...CANVAS, channels: 1 })).toThrow(
    'colour on gray images',
  );
});
