import { InputError } from '../input-error.js';

/** How far outside 0..1 a float may lie through rounding alone; such values are set to 0 or 1. */
const ROUNDING = 1e-6;

/**
 * Copies floating-point pixels into float32 after checking that they are finite and in 0..1.
 * @param pathOf names element i of `values` in an error, e.g. `stimuli[3][10][20]`
 * @returns a note when values within 1e-6 of the range were set to its end
 * @throws InputError naming the first value that is not a finite number in 0..1
 */
export function copyUnitFloats(
  values: ArrayLike<number>,
  to: Float32Array,
  pathOf: (i: number) => string,
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
      throw pixelError(value, pathOf(i));
    }
  }
  return rounded === 0 ? undefined : `${rounded} pixels within 1e-6 of 0..1 set to 0 or 1`;
}

/** Copies whole-number pixels into float32 as `value / white`. */
export function copyIntegers(values: ArrayLike<number>, to: Float32Array, white: number): void {
  for (let i = 0; i < to.length; i++) to[i] = values[i]! / white;
}

function pixelError(value: number, path: string): InputError {
  const message = Number.isFinite(value)
    ? `pixels are 0..1 as floats, 0..255 only as 8-bit integers${value > 1 ? '; divide by 255' : ''}`
    : 'pixels must be finite';
  return new InputError(`${path} is ${value}: ${message}`, [{ path, message }]);
}
