import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSize, fitImage } from '../../src/stimulus/fit.js';
import { greatestDifference } from '../support/numbers.js';

function image(height: number, width: number, value: (y: number, x: number) => number) {
  const pixels = new Float32Array(height * width);
  for (let i = 0; i < pixels.length; i++) pixels[i] = value(Math.floor(i / width), i % width);
  return { height, width, channels: 1 as const, pixels };
}

test('an image of the right size is not changed', () => {
  const same = image(3, 4, () => 0.5);
  expect(fitImage(same, { height: 3, width: 4 }, 'resize')).toEqual({ image: same });
});

test('crop keeps the centre, and cuts the larger half of an odd remainder below and right', () => {
  const numbered = image(5, 4, (y, x) => (10 * y + x) / 100);
  const { image: cropped, note } = fitImage(numbered, { height: 2, width: 2 }, 'crop');
  expect(cropped.pixels).toEqual(Float32Array.of(0.11, 0.12, 0.21, 0.22));
  expect(note).toBe('cropped from 5 high x 4 wide');
});

test('resizing keeps a uniform image uniform and every value in 0..1', () => {
  const side = fc.integer({ min: 1, max: 40 });
  const value = fc.float({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(side, side, side, side, value, (height, width, toHeight, toWidth, gray) => {
      const target = { height: toHeight, width: toWidth };
      const { pixels } = fitImage(
        image(height, width, () => gray),
        target,
        'resize',
      ).image;
      expect(Math.max(...pixels)).toBeLessThanOrEqual(1);
      // The weights are summed in float64 and rounded to float32.
      expect(
        greatestDifference(
          pixels,
          pixels.map(() => gray),
        ),
      ).toBeLessThan(1e-7);
    }),
  );
});

test('halving weights four pixels per axis 1:3:3:1', () => {
  const impulse = image(1, 8, (_, x) => (x === 3 ? 1 : 0));
  const { image: half, note } = fitImage(impulse, { height: 1, width: 4 }, 'resize');
  // pixel 3 is the third of 1..4 for target 1, and the first of 3..6 for target 2
  expect(half.pixels).toEqual(Float32Array.of(0, 3 / 8, 1 / 8, 0));
  expect(note).toBe('resized from 1 high x 8 wide, proportions not kept');
});

test('enlarging interpolates linearly between pixel centres', () => {
  const ramp = image(2, 2, (_, x) => x);
  const { image: large, note } = fitImage(ramp, { height: 4, width: 4 }, 'resize');
  expect(large.pixels.subarray(0, 4)).toEqual(Float32Array.of(0, 0.25, 0.75, 1));
  expect(note).toBe('resized from 2x2');
});

test('shrinking a fine grating averages it out instead of aliasing', () => {
  const fine = image(64, 64, (_, x) => x % 2);
  const { pixels } = fitImage(fine, { height: 16, width: 16 }, 'resize').image;
  const inner = pixels.filter((_, i) => i % 16 > 0 && i % 16 < 15);
  expect(
    greatestDifference(
      inner,
      inner.map(() => 0.5),
    ),
  ).toBeLessThan(1e-7);
});

test('resize changes the proportions by a factor of 2 at most, stretch by any', () => {
  const target = { height: 50, width: 50 };
  const size = (height: number, width: number) => ({ height, width });
  for (const fitting of [size(25, 50), size(100, 50), size(10, 10), size(99, 60)]) {
    expect(() => checkSize(fitting, target, 'resize', 0)).not.toThrow();
  }
  for (const other of [size(50, 20), size(20, 50), size(50, 101), size(50, 1)]) {
    expect(() => checkSize(other, target, 'resize', 3)).toThrow(/^stimulus 3 .*fit=stretch/);
    expect(() => checkSize(other, target, 'stretch', 3)).not.toThrow();
  }
  const wide = image(1, 8, (_, x) => x / 8);
  expect(fitImage(wide, size(4, 2), 'stretch')).toEqual(fitImage(wide, size(4, 2), 'resize'));
});

test('a rejected size names only the fits that can bring it to the requested size', () => {
  const target = { height: 50, width: 50 };
  const rejection = (height: number, width: number, fit: 'none' | 'resize') => {
    try {
      checkSize({ height, width }, target, fit, 0);
    } catch (error) {
      return (error as Error).message;
    }
    return 'it was taken';
  };
  const rejections = [
    rejection(60, 60, 'none'),
    rejection(40, 60, 'none'),
    rejection(50, 20, 'none'),
    rejection(50, 20, 'resize'),
    rejection(60, 150, 'resize'),
  ];
  expect(rejections).toMatchInlineSnapshot(`
    [
      "stimulus 0 is 60x60; the model takes 50x50; add ?fit=resize or ?fit=crop",
      "stimulus 0 is 40 high x 60 wide; the model takes 50x50; add ?fit=resize",
      "stimulus 0 is 50 high x 20 wide; the model takes 50x50; its proportions would change by a factor of 2.5; ?fit=resize takes at most 2; check the order of its axes, or add ?fit=stretch",
      "stimulus 0 is 50 high x 20 wide; the model takes 50x50; its proportions would change by a factor of 2.5; ?fit=resize takes at most 2; check the order of its axes, or add ?fit=stretch",
      "stimulus 0 is 60 high x 150 wide; the model takes 50x50; its proportions would change by a factor of 2.5; ?fit=resize takes at most 2; check the order of its axes, or add ?fit=stretch or ?fit=crop",
    ]
  `);
});
