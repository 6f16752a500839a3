import { InputError } from '../../../src/errors.js';
import type { StoredElement } from '../../../src/formats/npy-elements.js';

/** The least and the largest pixel of all images that were presented. */
export interface PixelRange {
  readonly min: number;
  readonly max: number;
}

/** The pixel values of black and of white. */
export interface Scale {
  readonly black: number;
  readonly white: number;
  /** Why, in words, where the type of the pixels alone does not decide it. */
  readonly note: string | undefined;
}

/** Values that recordings have for white: of shares, of 8, 10, 12, 14 and 16 bits. */
const WHITES = [1, 255, 1023, 4095, 16383, 65535];
/** Images that are never brighter than this share of white have another scale, or are very dark. */
const DARK = 1 / 4;

/**
 * Finds which pixel values are black and white.
 * @param given what a person says of them
 * @throws InputError where the pixels do not say it, with the options that do
 */
export function chooseScale(
  element: StoredElement,
  { min, max }: PixelRange,
  given: { readonly black?: number | undefined; readonly white?: number | undefined },
): Scale {
  const black = given.black ?? 0;
  const white = given.white ?? WHITES.find((value) => value >= max && !isTooWide(element, value));
  const found = `pixels are ${short(min)} to ${short(max)}`;
  if (min < black || !(max <= (white ?? Number.NaN))) {
    throw new InputError(
      `${found}; expected ${short(black)} (black) to ${white === undefined ? 'white' : short(white)}: give ` +
        `the values of black and white, such as --black ${outward(min, -1)} --white ${outward(max, 1)}`,
    );
  }
  if (given.white === undefined && max < black + DARK * (white! - black)) {
    throw new InputError(
      `${found}, which is dark for ${short(white!)} as white; expected brighter images: give the value of white, ` +
        `such as --white ${outward(max, 1)}, or --white ${short(white!)} if they are that dark`,
    );
  }
  const isOfType = white === FULL[element] && black === 0;
  const note = isOfType
    ? undefined
    : `${found}: ${short(black)} is black, ${short(white!)} is white`;
  return { black, white: white!, note };
}

/** White of the types that say it. */
const FULL: Partial<Record<StoredElement, number>> = {
  b1: 1,
  u1: 255,
  u2: 65535,
  f2: 1,
  f4: 1,
  f8: 1,
};

/** Integers are seldom shares of 1. */
function isTooWide(element: StoredElement, white: number): boolean {
  return white === 1 && element !== 'b1' && !element.startsWith('f');
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A number of few digits that is not less (1), or not more (-1), than a value. */
function outward(value: number, direction: 1 | -1): string {
  const rounded = Number(value.toPrecision(3));
  if (direction * (rounded - value) >= 0) return String(rounded);
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  return String(Number((rounded + direction * step).toPrecision(3)));
}
