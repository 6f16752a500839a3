import { InputError } from '../errors.js';

/** Rounding can move a float this far outside 0..1; such values are set to 0 or 1. */
const ROUNDING = 1e-6;

/**
 * Copies floating-point pixels into float32 after checking that they are finite and in 0..1.
 * @param pathTo returns the path of element i of `values` for an error, e.g. `stimuli[3][10][20]`
 * @returns a note when values within 1e-6 of the range were set to its end
 * @throws InputError naming the first value that is not a finite number in 0..1
 */
export function copyUnitFloats(
  values: ArrayLike<number>,
  to: Float32Array,
  pathTo: (i: number) => string,
): string | undefined {
  let rounded = 0;
  for (let i = 0; i < to.length; i++) {
    const value = values[i]!;
    if (value >= 0 && value <= 1) {
      to[i] = value;
    } else if (value >= -ROUNDING && value <= 1 + ROUNDING) {
      to[i] = value < 0 ? 0 : 1;
      rounded++;
    } else {
      throw pixelError(value, pathTo(i));
    }
  }
  return rounded === 0 ? undefined : `${rounded} pixels within 1e-6 of 0..1 set to 0 or 1`;
}

/** Copies whole-number pixels into float32 as `value / white`. */
export function copyIntegers(values: ArrayLike<number>, to: Float32Array, white: number): void {
  for (let i = 0; i < to.length; i++) to[i] = values[i]! / white;
}

/** 1 of 255 in 8 bits, as float32; 255 of 65535 in 16 bits is below. */
const NEARLY_BLACK = Math.fround(1 / 255);

/**
 * Returns a note for the pixels (0..1) of one file if they are all nearly black but not all black, since they
 * probably have another scale. A black stimulus gives no note.
 */
export function scaleNotes(pixels: Float32Array): string[] {
  let brightest = 0;
  for (const pixel of pixels) {
    if (pixel > NEARLY_BLACK) return [];
    if (pixel > brightest) brightest = pixel;
  }
  if (brightest === 0) return [];
  return [
    'nearly black: no pixel is above 1/255 of white; are they 0..255 in 16 bits, 0..1 in 8 bits, or ' +
      'divided by 255 twice?',
  ];
}

function pixelError(value: number, path: string): InputError {
  const message = Number.isFinite(value)
    ? `pixels are 0..1 as floats, 0..255 only as 8-bit integers; ${adviceOn(value)}`
    : 'pixels must be finite';
  return new InputError(`${path} is ${value}: ${message}`, [{ path, message }]);
}

function adviceOn(value: number): string {
  return value > 1
    ? 'divide by 255'
    : 'send pixels as they were before they were centred or z-scored';
}

/** Converts pixels of 0..1 to bytes of 0..255, rounded. */
export function pixelBytes(pixels: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pixels.length);
  // A loop: `Uint8Array.from` with a function takes thirty times as long.
  for (let i = 0; i < pixels.length; i++) bytes[i] = Math.round(pixels[i]! * 255);
  return bytes;
}
