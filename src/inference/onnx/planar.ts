import type { Channels } from '../../network/stimulus-size.js';

/**
 * The pixels of an image as graphs take them, one channel after the other.
 * @param pixels [height, width, channels]
 * @returns [channels, height, width]; the same array where there is one channel
 * @example planar(Float32Array.of(1, 2, 3, 4, 5, 6), 3); // 1, 4, 2, 5, 3, 6
 */
export function planar(pixels: Float32Array, channels: Channels): Float32Array {
  if (channels === 1) return pixels;
  const size = pixels.length / channels;
  const planes = new Float32Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    const first = channel * size;
    for (let i = 0; i < size; i++) planes[first + i] = pixels[i * channels + channel]!;
  }
  return planes;
}
