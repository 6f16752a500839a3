import sharp, { type Metadata } from 'sharp';
import { InputError } from '../errors.js';
import type { Size } from './fit.js';
import type { ImageTask } from './image-pixels.js';
import { checkPixels, type StimulusLimits } from './limits.js';
import { isImageType, sniffMediaType } from './media-type.js';
import { grayBytes } from './pixel-values.js';
import type { GrayImage } from './stimuli.js';

/** An image file whose header was read; the pixels are decoded only when asked for. */
export interface ImageFile {
  readonly size: Size;
  /**
   * What there is to decode: gray in 0..1, value/255 or value/65535. Colour becomes Rec. 709 luma of
   * the stored (gamma-encoded) values, 0.2126 R + 0.7152 G + 0.0722 B; colour profiles and gamma
   * chunks are not applied. Alpha is composed on `background` (0..1).
   * @param into what the image is brought to; its own size where there is none
   */
  readonly task: (background: number, into?: ImageTask['into']) => ImageTask;
}

/** Each with how many of its channels are no alpha. */
const SPACES = { 'b-w': 1, grey16: 1, srgb: 3, rgb16: 3 } as const;
const DEPTHS: Readonly<Record<string, number>> = { uchar: 255, ushort: 65535 };

/**
 * Reads the header of a PNG, JPEG, WebP or TIFF file.
 * @throws PayloadTooLargeError beyond `limits.maxPixels` (judged by the header alone), InputError
 *   for other formats, a damaged header, several images in one file, CMYK, further channels, or
 *   samples that are not 8 or 16 bit
 */
export async function openImage(bytes: Uint8Array, limits: StimulusLimits): Promise<ImageFile> {
  const type = sniffMediaType(bytes);
  if (type === undefined || !isImageType(type)) {
    throw new InputError('the bytes are not a PNG, JPEG, WebP or TIFF image');
  }
  const format = type.slice('image/'.length).toUpperCase();
  const metadata = await readHeader(bytes, format);
  const { width, height } = metadata.autoOrient;
  checkPixels({ height, width }, limits);
  if ((metadata.pages ?? 1) > 1) {
    throw new InputError(`the ${format} holds ${metadata.pages} images; send one per file`);
  }
  const { space, depth, channels } = metadata;
  const white = DEPTHS[depth];
  if (!isReadable(space) || white === undefined) {
    throw new InputError(
      `the ${format} is ${space} with ${depth} samples; gray or RGB of 8 or 16 bits is accepted`,
    );
  }
  const colours = SPACES[space];
  if (channels !== colours && channels !== colours + 1) {
    throw new InputError(
      `the ${format} has ${channels} channels; gray or RGB is accepted, with or without alpha`,
    );
  }
  // as raw samples sharp gives 8-bit gray without its alpha, as RGB with it
  const read = space === 'b-w' && channels === 2 ? 'srgb' : space;
  const size = { height, width };
  const turned = (metadata.orientation ?? 1) > 1;
  return {
    size,
    task: (background, into) => ({
      bytes,
      format,
      size,
      space: read,
      white,
      turned,
      background,
      into,
    }),
  };
}

/** Writes one image as an 8-bit gray PNG, 0..1 to 0..255, rounded. */
export async function encodePng({ height, width, pixels }: GrayImage): Promise<Uint8Array> {
  return sharp(grayBytes(pixels), { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

function isReadable(space: string): space is keyof typeof SPACES {
  return Object.hasOwn(SPACES, space);
}

async function readHeader(bytes: Uint8Array, format: string): Promise<Metadata> {
  try {
    // the size is compared with the limit by the caller, whose message names both
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new InputError(`the ${format} is cut off or damaged`, [], { cause });
  }
}
