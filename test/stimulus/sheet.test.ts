import { expect, test } from 'vitest';
import { drawSheet } from '../../src/stimulus/sheet.js';

/** Stimuli of 1x2 pixels: i / 10 and i / 10 + 0.05. */
function stimuli(count: number) {
  const pixels = Float32Array.from({ length: 2 * count }, (_, i) => i / 20);
  return { count, height: 1, width: 2, channels: 1 as const, pixels };
}

test('a sheet of one stimulus is the stimulus itself', () => {
  expect(drawSheet(stimuli(1), 0.5)).toEqual({
    height: 1,
    width: 2,
    channels: 1 as const,
    pixels: stimuli(1).pixels,
  });
});

test('a sheet of five has two rows of three, with background in the last place', () => {
  const { height, width, pixels } = drawSheet(stimuli(5), 1);
  expect({ height, width }).toEqual({ height: 2, width: 6 });
  expect(pixels).toEqual(
    Float32Array.of(0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 1, 1),
  );
});
