import { imageLength, type Stimuli } from '../stimulus/stimuli.js';

/**
 * The pixels of images as graphs take them, in each image one channel after the other.
 * @param stimuli with pixels [count, height, width, channels]
 * @returns [count, channels, height, width]; the same array where there is one channel
 * @example planar({ count: 1, height: 1, width: 2, channels: 3, pixels: Float32Array.of(1, 2, 3, 4, 5, 6) });
 * // 1, 4, 2, 5, 3, 6
 */
export function planar(stimuli: Stimuli): Float32Array {
  const { channels, pixels } = stimuli;
  if (channels === 1) return pixels;
  const each = imageLength(stimuli);
  const size = each / channels;
  const planes = new Float32Array(pixels.length);
  for (let first = 0; first < pixels.length; first += each) {
    for (let channel = 0; channel < channels; channel++) {
      for (let i = 0; i < size; i++) {
        planes[first + channel * size + i] = pixels[first + i * channels + channel]!;
      }
    }
  }
  return planes;
}
