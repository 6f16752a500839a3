import type { Canvas } from '../stimuli.js';

/** A sinusoid over the image; orientation and phase in degrees, all else in pixels. */
export interface Wave {
  readonly orientation: number;
  readonly spatialFrequency: number;
  readonly phase: number;
  readonly x: number;
  readonly y: number;
}

/**
 * cos(2 pi sf x' + phase) at the pixel centres, with
 * x' = -(x - x0) sin(orientation) + (y - y0) cos(orientation), the distance from (x0, y0) along the
 * normal to the bars (x right, y up, in pixels from the image centre, which is at
 * ((width - 1) / 2, (height - 1) / 2)).
 * @returns [height, width], -1..1
 */
export function carrier(canvas: Canvas, wave: Wave): Float64Array {
  const { height, width } = canvas;
  const normal = cosSinDegrees(wave.orientation);
  const shift = cosSinDegrees(wave.phase);
  const cycle = 2 * Math.PI * wave.spatialFrequency;
  // The angle is a sum of a column term and a row term, so each column and row needs only one cosine.
  const across = cosSin(width, (column) => {
    return cycle * (-(column - (width - 1) / 2 - wave.x) * normal.sin);
  });
  const up = cosSin(height, (row) => cycle * (((height - 1) / 2 - row - wave.y) * normal.cos));
  const values = new Float64Array(height * width);
  for (let row = 0, i = 0; row < height; row++) {
    const [upCos, upSin] = [up.cos[row]!, up.sin[row]!];
    for (let column = 0; column < width; column++, i++) {
      const [acrossCos, acrossSin] = [across.cos[column]!, across.sin[column]!];
      const cos = acrossCos * upCos - acrossSin * upSin;
      const sin = acrossSin * upCos + acrossCos * upSin;
      values[i] = shift.cos * cos - shift.sin * sin;
    }
  }
  return values;
}

/** Computes cosine and sine, exact at multiples of 90 degrees, so that horizontal bars are exactly constant along x. */
export function cosSinDegrees(degrees: number): { cos: number; sin: number } {
  const quarters = Math.round(degrees / 90);
  const rest = ((degrees - 90 * quarters) * Math.PI) / 180;
  const cos = Math.cos(rest);
  const sin = Math.sin(rest);
  switch (((quarters % 4) + 4) % 4) {
    case 0:
      return { cos, sin };
    case 1:
      return { cos: -sin, sin: cos };
    case 2:
      return { cos: -cos, sin: -sin };
    default:
      return { cos: sin, sin: -cos };
  }
}

function cosSin(count: number, angle: (i: number) => number) {
  const cos = new Float64Array(count);
  const sin = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const radians = angle(i);
    cos[i] = Math.cos(radians);
    sin[i] = Math.sin(radians);
  }
  return { cos, sin };
}
