import { InputError } from '../errors.js';
import type { Channels } from '../formats/channels.js';
import { type Size, sameSize } from './fit.js';
import { type TargetShape, targetSize } from './target.js';

/** The number, the size and the channels of images in row-major order. */
export interface ImageStack extends Size {
  readonly count: number;
  readonly channels: Channels;
  /** Whether each image is [channels, height, width]. */
  readonly channelsFirst: boolean;
}

const GRAY_SHAPES = '(h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w)';
const SHAPES =
  '(h, w), (h, w, 1), (h, w, 3), (n, h, w), (n, h, w, 1), (n, h, w, 3), (n, 1, h, w) or (n, 3, h, w)';

/**
 * Finds the images in an array: gray in shape (h, w), (h, w, 1), (n, h, w), (n, h, w, 1) or (n, 1, h, w) and, unless the
 * target is gray, in colour in (h, w, 3), (n, h, w, 3) or (n, 3, h, w). An axis of length 1 or 3 is the channel, unless the
 * target size rules that out.
 * @throws InputError for colour where the target is gray, for a shape with two meanings, for MATLAB's order (h, w, n) or
 *   (h, w, 3, n), for no pixels, and for other shapes
 */
export function readImageStack(shape: readonly number[], target: TargetShape): ImageStack {
  const size = targetSize(target);
  const text = `shape (${shape.join(', ')})`;
  const isGray = target.channels === 1;
  const coloured = isGray ? [] : colourStacks(shape);
  // An axis of length 1 is more likely the channel than a side.
  const readings = [
    ...(shape.length === 3 ? coloured : []),
    ...grayStacks(shape),
    ...(shape.length === 4 ? coloured : []),
  ];
  const fitting = size && readings.filter((reading) => sameSize(reading, size));
  const possible = fitting?.length ? fitting : readings;
  const stack = possible[0];
  if (!fitting?.length) {
    const channels = shape.at(-1)!;
    const hasColour = channels === 4 || (isGray && channels === 3);
    if ((shape.length === 3 || shape.length === 4) && hasColour && channels !== size?.width) {
      const accepted = isGray ? `only gray is accepted: ${GRAY_SHAPES}` : `expected ${SHAPES}`;
      throw new InputError(`${text} ends in ${channels} channels; ${accepted}`);
    }
    if (isMatlabOrder(shape, size, isGray)) {
      throw new InputError(`${text}: ${matlabAdvice(shape)}${asItIs(shape)}`);
    }
  }
  if (stack === undefined) throw new InputError(`${text} is not ${isGray ? GRAY_SHAPES : SHAPES}`);
  if (stack.count * stack.height * stack.width === 0) {
    throw new InputError(`${text} has no pixels`);
  }
  checkMeaning(text, shape, possible, target);
  return stack;
}

/** @throws InputError if an array in colour could as well be read in another way */
function checkMeaning(
  text: string,
  shape: readonly number[],
  possible: readonly ImageStack[],
  { channels }: TargetShape,
): void {
  const [first, second] = possible;
  if (first?.channels === 3 && second?.channels === 3 && !sameSize(first, second)) {
    throw new InputError(
      `${text} has two meanings: ${stackText(first)}, or ${stackText(second)}; ` +
        'send .npy with the other order of axes, or image files',
    );
  }
  const [count, height, width] = shape;
  if (channels === 3 && shape.length === 3 && count === 3 && first?.channels === 1) {
    throw new InputError(
      `${text} has two meanings: 3 gray images of ${height} x ${width}, or one image in colour whose channels come ` +
        `first; expected (3, ${height}, ${width}, 1) for the former, (1, 3, ${height}, ${width}) for the latter`,
    );
  }
}

function stackText({ count, height, width, channelsFirst }: ImageStack): string {
  return `${count} colour images of ${height} x ${width} whose channels come ${channelsFirst ? 'first' : 'last'}`;
}

/** Writes how to transpose an array (h, w, n) or (h, w, channels, n), which is MATLAB's order of images. */
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

/** Lists the possible meanings of a shape as gray images, the likeliest first. */
function grayStacks(shape: readonly number[]): ImageStack[] {
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  const stack = (count: number, height: number, width: number, channelsFirst = false) => ({
    ...{ count, height, width, channelsFirst },
    channels: 1 as const,
  });
  switch (shape.length) {
    case 2:
      return [stack(1, a, b)];
    case 3:
      return c === 1 ? [stack(1, a, b), stack(a, b, c)] : [stack(a, b, c)];
    case 4:
      return [...(d === 1 ? [stack(a, b, c)] : []), ...(b === 1 ? [stack(a, c, d, true)] : [])];
    default:
      return [];
  }
}

/** Lists the possible meanings of a shape as images in colour, the likeliest first. */
function colourStacks(shape: readonly number[]): ImageStack[] {
  const [a = 0, b = 0, c = 0, d = 0] = shape;
  const stack = (count: number, height: number, width: number, channelsFirst = false) => ({
    ...{ count, height, width, channelsFirst },
    channels: 3 as const,
  });
  if (shape.length === 3) return c === 3 ? [stack(1, a, b)] : [];
  if (shape.length !== 4) return [];
  return [...(d === 3 ? [stack(a, b, c)] : []), ...(b === 3 ? [stack(a, c, d, true)] : [])];
}

/**
 * Tests whether the first two axes are an image, of the target size or square, and the last axis is neither its
 * width nor a channel.
 */
function isMatlabOrder(shape: readonly number[], size: Size | undefined, isGray: boolean): boolean {
  const [height, width, third] = shape;
  const last = shape.at(-1);
  const hasChannels = shape.length === 4 && (third === 1 || (third === 3 && !isGray));
  if (last === 1 || !(shape.length === 3 || hasChannels)) return false;
  if (height === undefined || width === undefined) return false;
  const isTarget = size !== undefined && sameSize({ height, width }, size);
  if (shape.length === 3 && last === 3) return false;
  return isTarget || (height === width && height > 1 && last !== width);
}
