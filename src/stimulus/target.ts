import { InputError } from '../errors.js';
import type { Channels } from '../formats/channels.js';
import type { Canvas } from './stimuli.js';

/**
 * What decoded stimuli become: their size, and whether they are gray or in colour, which are undefined where stimuli keep
 * their own, and the gray for alpha and for gratings.
 */
export interface Target extends Omit<Canvas, 'height' | 'width' | 'channels'> {
  readonly height?: number | undefined;
  readonly width?: number | undefined;
  readonly channels: Channels | undefined;
}

/** The part of a target that decides how the shape of an array is read. */
export type TargetShape = Pick<Target, 'height' | 'width' | 'channels'>;

/** Returns the size of a target; undefined if stimuli keep their own. */
export function targetSize({ height, width }: TargetShape) {
  return height === undefined || width === undefined ? undefined : { height, width };
}

/**
 * Makes the canvas for stimuli that have no size of their own.
 * @param what the kind of stimuli, for the message
 * @param channels the number of channels where the target leaves it open
 * @throws InputError if the target has no size
 */
export function sizedCanvas(target: Target, what: string, channels: Channels = 1): Canvas {
  const size = targetSize(target);
  if (size) return { ...target, ...size, channels: target.channels ?? channels };
  throw new InputError(`${what} stimuli have no size of their own: add ?height= and ?width=`);
}
