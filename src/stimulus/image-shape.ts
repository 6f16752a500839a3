import { InputError } from '../errors.js';
import { type Size, sameSize } from './fit.js';

/** Gray images of one size, one after the other in row-major order. */
export interface ImageStack extends Size {
  readonly count: number;
}

const SHAPES = '(h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)';

/**
 * The gray images that an array of some shape holds: (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or
 * (n, 1, h, w). An axis of length 1 is the channel, unless the target size says that it is not.
 * @param target the size that is asked for, if any
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
    throw new InputError(`${text} holds no pixels`);
  }
  return stack;
}

/** What to do with an array (h, w, n) or (h, w, 1, n), as MATLAB has images. */
export function matlabAdvice(shape: readonly number[]): string {
  const [height, width] = shape;
  const expected = [shape.at(-1), height, width, ...shape.slice(2, -1)].join(', ');
  return (
    "these look like MATLAB's order (height, width, images); expected (images, height, width): " +
    `transpose to (${expected}), e.g. numpy.moveaxis(x, -1, 0)`
  );
}

/** How to send an array that only looks like MATLAB's order. */
function asItIs(shape: readonly number[]): string {
  if (shape.length !== 3) return '';
  const [count, height, width] = shape;
  return `. If they are ${count} images of ${height} x ${width}, send them as (${shape.join(', ')}, 1)`;
}

/** What a shape may mean, the likeliest first. */
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
 * Whether the first two axes are those of an image, of the target size or square, and the last is
 * neither its width nor a channel.
 */
function isMatlabOrder(shape: readonly number[], target: Size | undefined): boolean {
  const [height, width, third] = shape;
  const last = shape.at(-1);
  if (last === 1 || !(shape.length === 3 || (shape.length === 4 && third === 1))) return false;
  if (height === undefined || width === undefined) return false;
  const isTarget = target !== undefined && sameSize({ height, width }, target);
  return isTarget || (height === width && height > 1 && last !== width);
}
