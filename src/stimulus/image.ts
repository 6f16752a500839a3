import sharp, { type Metadata } from 'sharp';
import { InputError } from '../input-error.js';
import type { Size } from './fit.js';
import { checkPixels, type StimulusLimits } from './limits.js';
import { isImageType, sniffMediaType } from './media-type.js';
import { scaleNotes } from './pixel-values.js';
import type { GrayImage } from './stimuli.js';

/** An image file whose header was read; the pixels are decoded only when asked for. */
export interface ImageFile {
  readonly size: Size;
  /**
   * The pixels as gray in 0..1: value/255 or value/65535. Colour becomes Rec. 709 luma of the
   * stored (gamma-encoded) values, 0.2126 R + 0.7152 G + 0.0722 B; colour profiles and gamma chunks
   * are not applied. Alpha is composed on `background` (0..1).
   * @returns the image, and notes on what was changed
   * @throws InputError when the file is cut off or damaged
   */
  readonly decode: (background: number) => Promise<{ image: GrayImage; notes: string[] }>;
}

/** Each with how many of its channels are no alpha. */
const SPACES: Readonly<Record<string, number>> = { 'b-w': 1, grey16: 1, srgb: 3, rgb16: 3 };
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
  const colours = SPACES[space];
  const white = DEPTHS[depth];
  if (colours === undefined || white === undefined) {
    throw new InputError(
      `the ${format} is ${space} with ${depth} samples; gray or RGB of 8 or 16 bits is accepted`,
    );
  }
  if (channels !== colours && channels !== colours + 1) {
    throw new InputError(
      `the ${format} has ${channels} channels; gray or RGB is accepted, with or without alpha`,
    );
  }
  // as raw samples sharp gives 8-bit gray without its alpha, as RGB with it
  const read = space === 'b-w' && channels === 2 ? 'srgb' : space;

  return {
    size: { height, width },
    decode: async (background) => {
      const options = { failOn: 'error', limitInputPixels: limits.maxPixels } as const;
      const { data, info } = await sharp(bytes, { ...options, autoOrient: true, ignoreIcc: true })
        .toColourspace(read)
        .raw({ depth: white === 255 ? 'uchar' : 'ushort' })
        .toBuffer({ resolveWithObject: true })
        .catch((cause: unknown) => {
          throw new InputError(`the ${format} is cut off or damaged`, [], { cause });
        });
      const samples = white === 255 ? data : new Uint16Array(Uint8Array.from(data).buffer);
      const { pixels, notes } = toGray(samples, info.channels, white, background);
      if ((metadata.orientation ?? 1) > 1) notes.unshift('turned as the EXIF orientation says');
      return { image: { height, width, pixels }, notes };
    },
  };
}

/** Writes one image as an 8-bit gray PNG, 0..1 to 0..255, rounded. */
export async function encodePng({ height, width, pixels }: GrayImage): Promise<Uint8Array> {
  const gray = Uint8Array.from(pixels, (value) => Math.round(value * 255));
  return sharp(gray, { raw: { height, width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

async function readHeader(bytes: Uint8Array, format: string): Promise<Metadata> {
  try {
    // the size is compared with the limit by the caller, whose message names both
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new InputError(`the ${format} is cut off or damaged`, [], { cause });
  }
}

/** Interleaved samples with 1 or 3 colour channels and perhaps alpha, 0..white, to gray 0..1. */
function toGray(
  samples: Uint8Array | Uint16Array,
  channels: number,
  white: number,
  background: number,
): { pixels: Float32Array; notes: string[] } {
  const hasAlpha = channels % 2 === 0;
  const hasColour = channels > 2;
  const pixels = new Float32Array(samples.length / channels);
  let coloured = false;
  let transparent = false;
  for (let i = 0; i < pixels.length; i++) {
    const at = i * channels;
    let value = samples[at]!;
    if (hasColour) {
      const red = value;
      const green = samples[at + 1]!;
      const blue = samples[at + 2]!;
      coloured ||= red !== green || blue !== green;
      // written so that equal channels give their value exactly
      value = green + 0.2126 * (red - green) + 0.0722 * (blue - green);
    }
    value /= white;
    if (hasAlpha) {
      const alpha = samples[at + channels - 1]! / white;
      transparent ||= alpha < 1;
      value = value * alpha + background * (1 - alpha);
    }
    pixels[i] = value;
  }
  const notes = scaleNotes(pixels);
  if (coloured) notes.push('converted to gray (Rec. 709 luma)');
  if (transparent) {
    notes.push(`alpha composed on the background, gray ${Number(background.toPrecision(4))}`);
  }
  return { pixels, notes };
}
