import { encodeNpy } from '../formats/npy.js';

/** Images as numbers. */
export interface PixelArray {
  /** Whole numbers from 0 to 255, or floats from 0 to 1; row-major. */
  readonly data: Uint8Array | Float32Array;
  /** [images, height, width], or [height, width] of one image; with 3 channels behind for colour. */
  readonly shape: readonly number[];
}

/** A stimulus by its parameters, such as `{ grating: { orientation: 45 } }`. */
export type RenderedStimulus = Readonly<Record<string, unknown>>;

/** Stimuli: numbers, an image file with its media type, or stimuli by their parameters. */
export type Images = PixelArray | Blob | RenderedStimulus | readonly RenderedStimulus[];

/** The body of a request with stimuli, and its media type. */
export function imagesBody(images: Images): {
  readonly body: NonNullable<RequestInit['body']>;
  readonly type: string;
} {
  if (images instanceof Blob) return { body: images, type: images.type };
  if (isPixelArray(images)) {
    return { body: encodeNpy(images.data, images.shape), type: 'application/x-npy' };
  }
  const json = Array.isArray(images) ? { stimuli: images } : images;
  return { body: JSON.stringify(json), type: 'application/json' };
}

function isPixelArray(images: Images): images is PixelArray {
  return 'data' in images && ArrayBuffer.isView(images.data);
}
