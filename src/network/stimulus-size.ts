import type { Channels } from '../formats/channels.js';
import type { MapSize } from './layers/map.js';

/** Of a stimulus, in pixels; gray where it does not say how many channels it has. */
export interface StimulusSize extends MapSize {
  readonly channels?: Channels;
}

/**
 * @example
 * channelsOf({ height: 64, width: 64 }); // 1
 */
export function channelsOf({ channels = 1 }: Pick<StimulusSize, 'channels'>): Channels {
  return channels;
}

/**
 * The size of images, in words.
 * @example
 * describeSize({ height: 48, width: 64, channels: 3 }); // '48x64x3'
 */
export function describeSize({ height, width, channels = 1 }: StimulusSize): string {
  return `${height}x${width}${channels === 1 ? '' : `x${channels}`}`;
}
