/** The shape of the images in an array. */
export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** The number of values of one image. */
  readonly size: number;
}

/**
 * Reads the shape of images from that of their array, (..., height, width) or (..., height, width, 3).
 * @param leading the number of axes before the height
 */
export function imageShape(shape: readonly number[], leading: number): ImageShape {
  const [height = 0, width = 0, last] = shape.slice(leading);
  const channels = last === 3 ? 3 : 1;
  return { height, width, channels, size: height * width * channels };
}

/** Lists the axes of an image: [height, width], in colour with a 3 behind. */
export function imageAxes({ height, width, channels }: Omit<ImageShape, 'size'>): number[] {
  return channels === 1 ? [height, width] : [height, width, channels];
}
