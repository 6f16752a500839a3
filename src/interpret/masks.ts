import { type AnyArchitecture, isShared } from '../network/any-architecture.js';
import type { MapSize } from '../network/layers/map.js';
import { mapPlaces } from '../network/shared-core/places.js';

/** The Gaussian mask through which a neuron reads a shared map, in pixels. */
export interface ReadoutMask {
  /** Of its middle, right of the middle of the image. */
  readonly x: number;
  /** Above the middle of the image. */
  readonly y: number;
  /** Standard deviation along x. */
  readonly sigmaX: number;
  readonly sigmaY: number;
}

/**
 * Converts masks to pixels.
 * @param masks of an interpretation, in places of the map, [neurons, 4]
 * @returns null where there are no masks
 * @example
 * pixelMasks(architecture, { height: 50, width: 50 }, Float32Array.of(6, 6, 1, 1));
 * // [{ x: -0.5, y: 0.5, sigmaX: 4, sigmaY: 4 }]: the place in row 6 is at pixel 24
 */
export function pixelMasks(
  architecture: AnyArchitecture,
  stimulus: MapSize,
  masks: Float32Array | null,
): ReadoutMask[] | null {
  if (masks === null || !isShared(architecture)) return null;
  const places = (length: number) =>
    architecture.front === 'pixels' ? { first: 0, stride: 1 } : mapPlaces(length);
  const [vertical, horizontal] = [places(stimulus.height), places(stimulus.width)];
  const fromMiddle = (place: number, { first, stride }: typeof vertical, length: number) =>
    first + stride * place + 0.5 - length / 2;
  return Array.from({ length: masks.length / 4 }, (_, neuron) => {
    const [row = 0, column = 0, sigmaY = 0, sigmaX = 0] = masks.subarray(4 * neuron);
    return {
      x: fromMiddle(column, horizontal, stimulus.width),
      y: -fromMiddle(row, vertical, stimulus.height),
      sigmaX: horizontal.stride * sigmaX,
      sigmaY: vertical.stride * sigmaY,
    };
  });
}
