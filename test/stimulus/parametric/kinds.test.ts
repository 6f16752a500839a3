import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  isKind,
  type Kind,
  type Parametric,
  prepare,
  renderParametric,
  SCHEMAS,
} from '../../../src/stimulus/parametric/kinds.js';
import { type Canvas, stimulusAt } from '../../../src/stimulus/stimuli.js';
import { greatestDifference } from '../../support/numbers.js';
import { ALL_KINDS, parametric, stimuliOf } from './arbitrary.js';

const CANVAS: Canvas = { height: 21, width: 26, channels: 1, background: 0.5 };
const BLANK = new Float32Array(21 * 26).fill(0.5);
/** Float32 values near 1 are 6e-8 apart. */
const ROUNDING = 1e-7;

function pixelsOf<K extends Kind>(stimulus: Parametric<K>, canvas: Canvas = CANVAS): Float32Array {
  return renderParametric(stimulus, canvas).stimuli.pixels;
}

/** The same stimulus with some of its parameters changed. */
function changed<K extends Kind>(stimulus: Parametric<K>, fields: object): Parametric<K> {
  return { ...stimulus, parameters: { ...stimulus.parameters, ...fields } };
}

/** The components of a plaid; other kinds have none. */
function components(contrast: number) {
  return [0, 90].map((orientation) => ({
    orientation,
    spatialFrequency: 0.1,
    phase: 0,
    contrast,
  }));
}

test.each(ALL_KINDS)('%s: pixels are finite and in 0..1', (kind) => {
  fc.assert(
    fc.property(stimuliOf(kind), (stimulus) => {
      for (const pixel of pixelsOf(stimulus)) expect(pixel >= 0 && pixel <= 1).toBe(true);
    }),
  );
});

test.each(ALL_KINDS)('%s: contrast 0 is the blank', (kind) => {
  fc.assert(
    fc.property(stimuliOf(kind), (stimulus) => {
      const fields = { contrast: 0, surroundContrast: 0, components: components(0) };
      const { stimuli, notes } = renderParametric(changed(stimulus, fields), CANVAS);
      for (let i = 0; i < stimuli.count; i++) expect(stimulusAt(stimuli, i).pixels).toEqual(BLANK);
      expect(notes.flat()).toEqual([]);
    }),
    { numRuns: 30 },
  );
});

test.each(ALL_KINDS.filter((kind) => 'phase' in SCHEMAS[kind].shape))(
  '%s: a phase of 360 degrees more is the same image',
  (kind) => {
    fc.assert(
      fc.property(stimuliOf(kind), (stimulus) => {
        const { phase } = stimulus.parameters as { phase: number };
        const turned = changed(stimulus, { phase: phase + 360 });
        expect(greatestDifference(pixelsOf(turned), pixelsOf(stimulus))).toBeLessThan(ROUNDING);
      }),
    );
  },
);

test.each(['grating', 'gabor', 'disc', 'annulus', 'centreSurround', 'bar'] as const)(
  '%s in the middle is the same image when turned by 180 degrees',
  (kind) => {
    fc.assert(
      fc.property(stimuliOf(kind), (stimulus) => {
        const pixels = pixelsOf(changed(stimulus, { x: 0, y: 0, phase: 0, surroundPhase: 180 }));
        expect(greatestDifference(pixels.toReversed(), pixels)).toBeLessThan(ROUNDING);
      }),
    );
  },
);

test.each(['bar', 'gabor'] as const)('%s: orientation has the period 180', (kind) => {
  fc.assert(
    fc.property(stimuliOf(kind), (stimulus) => {
      const still = changed(stimulus, { phase: 180 });
      const { orientation } = stimulus.parameters;
      const turned = changed(still, { orientation: orientation + 180 });
      expect(greatestDifference(pixelsOf(turned), pixelsOf(still))).toBeLessThan(ROUNDING);
    }),
  );
});

test.each(ALL_KINDS.filter((kind) => 'x' in SCHEMAS[kind].shape))(
  '%s: x moves it right, y moves it up',
  (kind) => {
    fc.assert(
      fc.property(stimuliOf(kind), (stimulus) => {
        const { x, y } = stimulus.parameters as { x: number; y: number };
        const moved = stimulusAt(
          renderParametric(changed(stimulus, { x: x + 3, y: y + 2 }), CANVAS).stimuli,
          0,
        );
        const before = stimulusAt(renderParametric(stimulus, CANVAS).stimuli, 0);
        for (let row = 2; row < 21; row++) {
          for (let column = 0; column < 23; column++) {
            const difference =
              moved.pixels[(row - 2) * 26 + column + 3]! - before.pixels[row * 26 + column]!;
            expect(Math.abs(difference)).toBeLessThan(ROUNDING);
          }
        }
      }),
      { numRuns: 30 },
    );
  },
);

test.each(ALL_KINDS)('%s: the modulation is proportional to the background', (kind) => {
  fc.assert(
    fc.property(stimuliOf(kind), (stimulus) => {
      const dim = pixelsOf(stimulus, { ...CANVAS, background: 0.2 });
      const expected = pixelsOf(stimulus).map((pixel) => pixel * 0.4);
      expect(greatestDifference(dim, expected)).toBeLessThan(ROUNDING);
    }),
    { numRuns: 30 },
  );
});

test.each(ALL_KINDS)(
  '%s: the default contrast is the largest possible, with a note where it is much less than 1',
  (kind) => {
    const stimulus = parametric(kind, {});
    const mid = renderParametric(stimulus, CANVAS);
    expect(mid.notes.flat()).toEqual([]);
    expect(renderParametric(stimulus, { ...CANVAS, background: 0.51 }).notes.flat()).toEqual([]);
    const bright = renderParametric(stimulus, { ...CANVAS, background: 0.6 });
    expect(new Set(bright.notes.flat())).toEqual(
      new Set([
        expect.stringMatching(
          /^(Michelson|Weber) contrast 0.666, the largest on a background of 0.6$/,
        ),
      ]),
    );
    expect(bright.notes).toHaveLength(bright.stimuli.count);
    // 0.6 * 1.666 is not a float32, and a few kinds have no pixel exactly at their peak.
    expect(Math.max(...bright.stimuli.pixels)).toBeLessThanOrEqual(Math.fround(0.6 * 1.666));
    expect(Math.max(...bright.stimuli.pixels)).toBeGreaterThan(0.9);
  },
);

test.each(ALL_KINDS)('%s: brighter than white is rejected, or clipped with a note', (kind) => {
  const stimulus = changed(parametric(kind, {}), { contrast: 1, components: components(1) });
  const canvas = { ...CANVAS, background: 0.75 };
  expect(() => prepare(stimulus, canvas)).toThrow(
    'contrast 1 on a background of 0.75 needs luminance 1.5, brighter than white; expected at most 0.333',
  );
  const { stimuli, notes } = renderParametric({ ...stimulus, clip: true }, canvas);
  const first = stimulusAt(stimuli, 0).pixels;
  expect(Math.max(...first)).toBe(1);
  const unclipped = pixelsOf(stimulus, { ...canvas, background: 0.375 }).subarray(0, first.length);
  const expected = unclipped.map((pixel) => Math.min(1, 2 * pixel));
  expect(greatestDifference(first, expected)).toBeLessThan(ROUNDING);
  const clipped = unclipped.filter((pixel) => 2 * pixel > 1).length;
  expect(clipped).toBeGreaterThan(0);
  expect(notes[0]).toEqual([`${clipped} pixels brighter than white are set to white`]);
});

test('a dark stimulus needs no room above the background', () => {
  const canvas = { ...CANVAS, background: 0.75 };
  for (const kind of ['disc', 'annulus', 'bar'] as const) {
    expect(Math.min(...pixelsOf(parametric(kind, { contrast: -1 }), canvas))).toBe(0);
  }
  const dark = parametric('sparseNoise', { contrast: 1, polarity: 'dark' });
  expect(new Set(pixelsOf(dark, canvas))).toEqual(new Set([0, 0.75]));
});

test('a stimulus on black would be invisible, and a note says so', () => {
  expect(() => prepare(parametric('disc', {}), { ...CANVAS, background: 0 })).toThrow(
    'contrast is relative to the background, and this one is black',
  );
});

test('frames can be rendered alone and in any order', () => {
  for (const kind of ['driftingGrating', 'sparseNoise'] as const) {
    const stimulus = parametric(kind, { frames: 5 });
    const { stimuli } = renderParametric(stimulus, CANVAS);
    expect(stimuli.count).toBe(5);
    const { frames, paint } = prepare(stimulus, CANVAS);
    expect(frames).toBe(5);
    for (const i of [3, 0, 4]) expect(paint(i).image).toEqual(stimulusAt(stimuli, i));
  }
});

test('only the names of kinds are kinds', () => {
  expect(['grating', 'toString', '__proto__', 'Grating'].map(isKind)).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
