import { InputError } from '../../errors.js';
import type { Size } from '../fit.js';

/** A disc or, with an inner diameter, an annulus; diameters in pixels, null for no outer limit. */
export interface Aperture {
  readonly diameter: number | null;
  readonly innerDiameter: number;
  readonly edge: 'hard' | 'cosine';
}

/** The largest distance of a point of a pixel from the pixel's centre. */
export const HALF_DIAGONAL = Math.SQRT1_2;
/** The share of the radius over which a raised-cosine edge falls off. */
const COSINE_SHARE = 0.25;

/**
 * Computes the share of each pixel inside an aperture centred at (x, y), in pixels from the
 * image centre. Hard edge: the share of the pixel's area inside, exactly. Cosine edge: 1 up to three
 * quarters of the radius, then a raised cosine down to 0 at the radius, taken at the pixel's centre;
 * the hole of an annulus is computed in the same way and subtracted.
 * @returns [height, width], 0..1; null if every pixel is inside
 * @throws InputError when the hole leaves nothing
 */
export function apertureCoverage(
  { diameter, innerDiameter, edge }: Aperture,
  size: Size,
  { x, y }: { readonly x: number; readonly y: number },
): Float64Array | null {
  if (diameter !== null && innerDiameter >= diameter) {
    throw new InputError(`innerDiameter ${innerDiameter} must be less than diameter ${diameter}`);
  }
  const cover = edge === 'hard' ? discShare : cosineDisc;
  const outer = diameter === null ? null : cover(size, diameter / 2, x, y);
  if (innerDiameter === 0) return outer;
  const hole = cover(size, innerDiameter / 2, x, y);
  return hole.map((share, i) => (outer === null ? 1 : outer[i]!) - share);
}

function discShare(size: Size, radius: number, x: number, y: number): Float64Array {
  // Pixels with a nearer centre are entirely inside; those with a farther centre are entirely outside.
  const inside = Math.max(0, radius - HALF_DIAGONAL) ** 2;
  const outside = (radius + HALF_DIAGONAL) ** 2;
  return fromCentre(size, x, y, (dx, dy) => {
    const squared = dx * dx + dy * dy;
    if (squared <= inside) return 1;
    return squared >= outside ? 0 : pixelShare(radius, dx, dy);
  });
}

function cosineDisc(size: Size, radius: number, x: number, y: number): Float64Array {
  return fromCentre(size, x, y, (dx, dy) => {
    const outward = 1 - Math.sqrt(dx * dx + dy * dy) / radius;
    if (outward <= 0) return 0;
    if (outward >= COSINE_SHARE) return 1;
    return (1 - Math.cos((Math.PI * outward) / COSINE_SHARE)) / 2;
  });
}

/** Evaluates a function of each pixel's distance from (x, y) along both axes. */
function fromCentre(
  { height, width }: Size,
  x: number,
  y: number,
  at: (dx: number, dy: number) => number,
): Float64Array {
  const values = new Float64Array(height * width);
  for (let row = 0, i = 0; row < height; row++) {
    const dy = (height - 1) / 2 - row - y;
    for (let column = 0; column < width; column++, i++) {
      values[i] = at(column - (width - 1) / 2 - x, dy);
    }
  }
  return values;
}

/** Computes the share of the unit square centred at (dx, dy) that is in the disc around the origin. */
function pixelShare(radius: number, dx: number, dy: number): number {
  // Eight squares are equal by symmetry; computing one of them gives the same bits for all.
  const far = Math.max(Math.abs(dx), Math.abs(dy));
  const near = Math.min(Math.abs(dx), Math.abs(dy));
  const [left, right, low, high] = [far - 0.5, far + 0.5, near - 0.5, near + 0.5];
  const share =
    cornerArea(radius, right, high) -
    cornerArea(radius, left, high) -
    cornerArea(radius, right, low) +
    cornerArea(radius, left, low);
  return Math.min(1, Math.max(0, share));
}

/** Computes the area of the disc within the rectangle from the origin to (x, y); negative if x or y is. */
function cornerArea(radius: number, x: number, y: number): number {
  const [a, b] = [Math.min(Math.abs(x), radius), Math.min(Math.abs(y), radius)];
  const sign = Math.sign(x) * Math.sign(y);
  if (a * a + b * b <= radius * radius) return sign * a * b;
  // The rectangle is whole up to where the arc meets the height b; beyond that the arc bounds it.
  const meets = arcHeight(radius, b);
  return sign * (b * meets + underArc(radius, a) - underArc(radius, meets));
}

/** Computes the area under the arc from 0 to x. */
function underArc(radius: number, x: number): number {
  const height = arcHeight(radius, x);
  // An arcsine would lose half of the digits where the arc is steep.
  return (x * height + radius * radius * Math.atan2(x, height)) / 2;
}

function arcHeight(radius: number, x: number): number {
  return Math.sqrt((radius - x) * (radius + x));
}
