import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Size } from '../../src/stimulus/fit.js';
import { largestContrast } from '../../src/stimulus/parametric/paint.js';
import { contrastWarnings } from '../../src/stimulus/training-range.js';
import {
  DRAWN_KINDS,
  type DrawnKind,
  firstEntry,
  sliderControls,
} from '../../src/web/stimulus/kinds.js';
import { decode } from '../stimulus/request.js';

const card = JSON.parse(await readFile('models/demo/1/card.json', 'utf8'));
const { height, width, backgroundGray: background, trainingRange } = card.stimulus;

const canvasOf = (size: Size) => ({ ...size, contrast: largestContrast({ background }) });

/** Draws the stimulus with which a kind begins on the page. */
async function drawFirst(
  kind: DrawnKind,
  size: { readonly height: number; readonly width: number },
) {
  const canvas = { ...size, contrast: largestContrast({ background }) };
  const body = JSON.stringify({ stimuli: [firstEntry(kind, canvas)] });
  return (await decode('application/json', body, { target: { ...size, channels: 1, background } }))
    .stimuli;
}

test.each(DRAWN_KINDS)('%s begins inside the training range of the demo model', async (kind) => {
  const stimuli = await drawFirst(kind, { height, width });
  expect(contrastWarnings(stimuli, trainingRange.contrast)).toEqual([]);
});

test.each(DRAWN_KINDS)('%s begins with a stimulus on images of any size', async (kind) => {
  for (const size of [
    { height: 16, width: 16 },
    { height: 48, width: 64 },
    { height: 100, width: 100 },
    { height: 120, width: 80 },
  ]) {
    for (const { min, max, step, start } of Object.values(sliderControls(kind, canvasOf(size)))) {
      expect(start).toBeGreaterThanOrEqual(min);
      expect(start).toBeLessThanOrEqual(max);
      expect((start - min) / step).toBeCloseTo(Math.round((start - min) / step), 6);
    }
    const { pixels, ...drawn } = await drawFirst(kind, size);
    expect(drawn).toEqual({ count: 1, channels: 1, ...size });
    expect(pixels.some((pixel) => Math.abs(pixel - background) > 0.1)).toBe(true);
  }
});
