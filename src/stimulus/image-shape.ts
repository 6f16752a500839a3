import { InputError } from '../errors.js';
import { type Size, sameSize } from './fit.js';

/** The number and the size of gray images in row-major order. */
export interface ImageStack extends Size {
  readonly count: number;
}

const SHAPES = '(h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)';

/**
 * Finds the gray images in an array of shape (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w).
 * An axis of length 1 is the channel, unless the target size rules that out.
 * @param target the target size, if any
 * @throws InputError for colour, for MATLAB's order (h, w, n), for no pixels, and for other shapes
 */
export function readImageStack(shape: readonly number[], target: Size | undefined): ImageStack {
  const readings = possibleStacks(shape);
  const fitting = target && readings.find((reading) => sameSize(reading, target));
  const stack = fitting ?? readings[0];
  const text = `shape (${shape.join(', ')})`;
  if (fitting === undefined) {
    const channels = shape.at(-1)!;
    const colourful = channels === 3 || channels === 4;
    if ((shape.length === 3 || shape.length === 4) && colourful && channels !== target?.width) {
      throw new InputError(
        `${text} ends in ${channels} channels; only gray is accepted: ${SHAPES}`,
      );
    }
    if (isMatlabOrder(shape, target)) {
      throw new InputError(`${text}: ${matlabAdvice(shape)}${asItIs(shape)}`);
    }
  }
  if (stack === undefined) throw new InputError(`${text} is not ${SHAPES}`);
  if (stack.count * stack.height * stack.width === 0) {
    throw new InputError(`${text} has no pixels`);
  }
  return stack;
}

/** Writes how to transpose an array (h, w, n) or (h, w, 1, n), which is MATLAB's order of images. */
export function matlabAdvice(shape: readonly number[]): string {
  const [height, width] = shape;
  const expected = [shape.at(-1), height, width, ...shape.slice(2, -1)].join(', ');
  return (
    "this seems to be MATLAB's order (height, width, images); expected (images, height, width): " +
    `transpose to (${expected}), e.g. numpy.moveaxis(x, -1, 0)`
  );
}

/** Writes how to send an array that is not in MATLAB's order after all. */
function asItIs(shape: readonly number[]): string {
  if (shape.length !== 3) return '';
  const [count, height, width] = shape;
  return `. If they are ${count} images of ${height} x ${width}, send them as (${shape.join(', ')}, 1)`;
}

/** Lists the possible meanings of a shape, the likeliest first. */
function possibleStacks(shape: readonly number[]): ImageStack[] {
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  const stack = (count: number, height: number, width: number) => ({ count, height, width });
  switch (shape.length) {
    case 2:
      return [stack(1, a, b)];
    case 3:
      return c === 1 ? [stack(1, a, b), stack(a, b, c)] : [stack(a, b, c)];
    case 4:
      return [...(d === 1 ? [stack(a, b, c)] : []), ...(b === 1 ? [stack(a, c, d)] : [])];
    default:
      return [];
  }
}

/**
 * Tests whether the first two axes are an image, of the target size or square, and the last axis is neither its
 * width nor a channel.
 */
function isMatlabOrder(shape: readonly number[], target: Size | undefined): boolean {
  const [height, width, third] = shape;
  const last = shape.at(-1);
  if (last === 1 || !(shape.length === 3 || (shape.length === 4 && third === 1))) return false;
  if (height === undefined || width === undefined) return false;
  const isTarget = target !== undefined && sameSize({ height, width }, target);
  return isTarget || (height === width && height > 1 && last !== width);
}
