import { z } from 'zod';
import type { Canvas } from '../stimuli.js';
import { HALF_DIAGONAL } from './aperture.js';
import { cosSinDegrees } from './carrier.js';
import { length, Orientation, Position, SignedContrast } from './fields.js';
import { type Drawing, settleContrasts, times } from './paint.js';

/** A uniform rectangle. */
export const Bar = z.strictObject({
  orientation: Orientation,
  length: length(20, 'of the bar, along its orientation'),
  width: length(4, 'of the bar, across it'),
  contrast: SignedContrast,
  ...Position,
});
export type Bar = z.infer<typeof Bar>;

type Point = readonly [along: number, across: number];

/** Draws a bar: L = background * (1 + a * contrast), where a is the exact share of the pixel's area inside. */
export function drawBar(bar: Bar, canvas: Canvas): Drawing {
  const { contrasts, notes } = settleContrasts(canvas, [bar.contrast], 'Weber');
  const contrast = contrasts[0]!;
  return {
    frames: 1,
    peak: Math.max(0, contrast),
    notes,
    frame: () => times(barCoverage(bar, canvas), contrast),
  };
}

function barCoverage(bar: Bar, { height, width }: Canvas): Float64Array {
  const { cos, sin } = cosSinDegrees(bar.orientation);
  const halves: Point = [bar.length / 2, bar.width / 2];
  const coverage = new Float64Array(height * width);
  for (let row = 0, i = 0; row < height; row++) {
    const y = (height - 1) / 2 - row - bar.y;
    for (let column = 0; column < width; column++, i++) {
      const x = column - (width - 1) / 2 - bar.x;
      const along = x * cos + y * sin;
      const across = -x * sin + y * cos;
      const beyond = Math.max(Math.abs(along) - halves[0], Math.abs(across) - halves[1]);
      if (beyond <= -HALF_DIAGONAL) coverage[i] = 1;
      else if (beyond < HALF_DIAGONAL) {
        coverage[i] = area(within(pixelCorners(along, across, cos, sin), halves));
      }
    }
  }
  return coverage;
}

/** Returns the corners of the unit pixel around a point, along the axes of the bar, in order. */
function pixelCorners(along: number, across: number, cos: number, sin: number): Point[] {
  const [a, b] = [(cos + sin) / 2, (cos - sin) / 2];
  return [
    [along + a, across + b],
    [along - b, across + a],
    [along - a, across - b],
    [along + b, across - a],
  ];
}

/** Clips a convex polygon to -half..half on both axes (Sutherland and Hodgman 1974). */
function within(polygon: readonly Point[], halves: Point): readonly Point[] {
  let rest = polygon;
  for (const axis of [0, 1] as const) {
    for (const side of [1, -1]) {
      const depth = (point: Point) => halves[axis] - side * point[axis];
      if (rest.every((point) => depth(point) >= 0)) continue;
      rest = rest.flatMap((point, i) => {
        const before = rest.at(i - 1)!;
        const [from, to] = [depth(before), depth(point)];
        const kept = to >= 0 ? [point] : [];
        if (from >= 0 === to >= 0) return kept;
        const share = from / (from - to);
        const crossing: Point = [
          before[0] + share * (point[0] - before[0]),
          before[1] + share * (point[1] - before[1]),
        ];
        return [crossing, ...kept];
      });
    }
  }
  return rest;
}

/** Computes the area of a polygon whose corners run counter-clockwise. */
function area(polygon: readonly Point[]): number {
  const twice = polygon.reduce((sum, [along, across], i) => {
    const [nextAlong, nextAcross] = polygon[(i + 1) % polygon.length]!;
    return sum + along * nextAcross - nextAlong * across;
  }, 0);
  return Math.min(1, Math.max(0, twice / 2));
}
