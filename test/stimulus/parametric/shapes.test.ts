import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderParametric } from '../../../src/stimulus/parametric/kinds.js';
import { type Stimuli, stimulusAt } from '../../../src/stimulus/stimuli.js';
import { between, greatestDifference } from '../../support/numbers.js';
import { parametric } from './arbitrary.js';

const SIDE = 50;
const CANVAS = { height: SIDE, width: SIDE, channels: 1 as const, background: 0.5 };
/** Float32 pixels are off by 3e-8 at most, and there are 2500; contrast counts half. */
const AREA_ROUNDING = 2500 * 3e-8 * 2;
const SAMPLES = 64;

function shape(kind: 'disc' | 'annulus' | 'bar', fields: object): Float32Array {
  return renderParametric(parametric(kind, fields), CANVAS).stimuli.pixels;
}

/** Area in pixels that an image of contrast 1 covers, with parts of pixels. */
function areaOf(pixels: Float32Array): number {
  return pixels.reduce((sum, pixel) => sum + (pixel - 0.5) / 0.5, 0);
}

const offset = between(-8, 8);

test('a bar covers length times width at any place and orientation', () => {
  const side = between(0.05, 22);
  const angle = between(-360, 360);
  fc.assert(
    fc.property(side, side, angle, offset, offset, (length, width, orientation, x, y) => {
      const area = areaOf(shape('bar', { length, width, orientation, x, y, contrast: 1 }));
      expect(Math.abs(area - length * width)).toBeLessThan(AREA_ROUNDING);
    }),
  );
});

test('discs and annuli cover their areas, dark ones too', () => {
  for (const contrast of [1, -1, 0.3]) {
    const disc = areaOf(shape('disc', { diameter: 17.5, x: 3.3, contrast })) / contrast;
    expect(Math.abs(disc - (Math.PI * 17.5 ** 2) / 4)).toBeLessThan(AREA_ROUNDING / 0.3);
    const ring =
      areaOf(shape('annulus', { diameter: 17.5, innerDiameter: 4.2, contrast })) / contrast;
    const exact = (Math.PI * (17.5 ** 2 - 4.2 ** 2)) / 4;
    expect(Math.abs(ring - exact)).toBeLessThan(AREA_ROUNDING / 0.3);
  }
});

test.each([
  { length: 20, width: 4, orientation: 30, x: 0, y: 0 },
  { length: 33.3, width: 0.4, orientation: -62.5, x: 2.2, y: -5.1 },
  { length: 0.7, width: 0.5, orientation: 10, x: 0.4, y: 0.1 },
  { length: 12, width: 12, orientation: 45, x: -7.7, y: 3.5 },
])(
  'a pixel at the edge of a bar has the covered share: $length x $width at $orientation',
  (bar) => {
    const theta = (bar.orientation * Math.PI) / 180;
    const expected = Float64Array.from({ length: SIDE * SIDE }, (_, i) => {
      let inside = 0;
      for (let sample = 0; sample < SAMPLES ** 2; sample++) {
        const right = (i % SIDE) + ((sample % SAMPLES) + 0.5) / SAMPLES - 25 - bar.x;
        const up =
          25 - Math.floor(i / SIDE) - (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES - bar.y;
        const along = right * Math.cos(theta) + up * Math.sin(theta);
        const across = up * Math.cos(theta) - right * Math.sin(theta);
        if (Math.abs(along) <= bar.length / 2 && Math.abs(across) <= bar.width / 2) inside++;
      }
      return 0.5 + (0.5 * inside) / SAMPLES ** 2;
    });
    // Two edges may cross a pixel, each about 64 * 1.4 of its cells, half of which are counted wrong.
    const tolerance = (0.5 * 1.4) / SAMPLES;
    expect(greatestDifference(shape('bar', { ...bar, contrast: 1 }), expected)).toBeLessThan(
      tolerance,
    );
  },
);

test('a bar of whole pixels has no gray edge and the given orientation', () => {
  const fields = { length: 10, width: 2, contrast: 1 };
  for (const [orientation, height, width] of [
    [0, 2, 10],
    [90, 10, 2],
  ] as const) {
    const pixels = shape('bar', { ...fields, orientation });
    for (const [i, pixel] of pixels.entries()) {
      const inside =
        Math.abs((i % SIDE) - 24.5) < width / 2 &&
        Math.abs(Math.floor(i / SIDE) - 24.5) < height / 2;
      expect(pixel).toBe(inside ? 1 : 0.5);
    }
  }
});

function noise(fields: object, canvas = CANVAS): Stimuli {
  return renderParametric(parametric('sparseNoise', { contrast: 1, ...fields }), canvas).stimuli;
}

test('sparse noise is the same for the same seed and different for another', () => {
  expect(noise({ seed: 7 })).toEqual(noise({ seed: 7 }));
  expect(noise({ seed: 7 }).pixels).not.toEqual(noise({ seed: 8 }).pixels);
  // These values must be the same on every machine and in every version.
  const first = stimulusAt(noise({ size: 10, squares: 3, seed: 42 }), 0).pixels;
  const places = Array.from(
    { length: 25 },
    (_, i) => first[Math.floor(i / 5) * 500 + (i % 5) * 10]!,
  );
  expect(
    places.map((pixel) => ({ 0: '#', 0.5: '.', 1: 'O' })[pixel]).join(''),
  ).toMatchInlineSnapshot(`".....O..............#...#"`);
});

test('a longer sequence begins with the shorter one', () => {
  const short = noise({ frames: 3 });
  const long = noise({ frames: 9 });
  expect(long.pixels.subarray(0, short.pixels.length)).toEqual(short.pixels);
});

test('each frame has its squares, all at different places of the grid', () => {
  const fields = fc.record({
    size: fc.integer({ min: 1, max: 12 }),
    squares: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(1e6),
    frames: fc.constant(3),
  });
  fc.assert(
    fc.property(fields, (drawn) => {
      const stimuli = noise(drawn);
      const columns = Math.floor(SIDE / drawn.size);
      const margin = Math.floor((SIDE - columns * drawn.size) / 2);
      for (let i = 0; i < stimuli.count; i++) {
        const { pixels } = stimulusAt(stimuli, i);
        const presented = pixels.filter((pixel) => pixel !== 0.5);
        expect(presented.length).toBe(drawn.squares * drawn.size ** 2);
        for (const [at, pixel] of pixels.entries()) {
          const [row, column] = [Math.floor(at / SIDE) - margin, (at % SIDE) - margin];
          const corner =
            (Math.floor(row / drawn.size) * drawn.size + margin) * SIDE +
            Math.floor(column / drawn.size) * drawn.size +
            margin;
          const beside = Math.min(row, column) < 0 || Math.max(row, column) >= columns * drawn.size;
          expect(pixel).toBe(beside ? 0.5 : pixels[corner]);
        }
      }
    }),
    { numRuns: 30 },
  );
});

test('all places are equally likely, and bright as often as dark', () => {
  const { pixels } = noise({ size: 10, squares: 5, frames: 2000 });
  const presented = new Float64Array(25);
  let bright = 0;
  for (let frame = 0; frame < 2000; frame++) {
    for (let place = 0; place < 25; place++) {
      const pixel = pixels[frame * 2500 + Math.floor(place / 5) * 500 + (place % 5) * 10]!;
      if (pixel !== 0.5) presented[place]!++;
      if (pixel === 1) bright++;
    }
  }
  // 400 expected, standard deviation 18; of 10000, 5000 with 50; five deviations
  for (const count of presented) expect(Math.abs(count - 400)).toBeLessThan(90);
  expect(Math.abs(bright - 5000)).toBeLessThan(250);
});

test('squares may be only bright or only dark', () => {
  expect(new Set(noise({ polarity: 'bright' }).pixels)).toEqual(new Set([0.5, 1]));
  expect(new Set(noise({ polarity: 'dark' }).pixels)).toEqual(new Set([0.5, 0]));
});

test('a grid with too few places is rejected', () => {
  expect(() => noise({ size: 20, squares: 5 })).toThrow(
    '5 squares of 20 pixels do not fit a grid of 2 x 2 places',
  );
  expect(noise({ size: 20, squares: 4 }).count).toBe(16);
});
