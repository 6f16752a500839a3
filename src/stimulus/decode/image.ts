import type { Metadata } from 'sharp';
import { InputError } from '../../errors.js';
import type { Channels } from '../../formats/channels.js';
import { GRAY_NOTE, luma, toGray } from '../channels.js';
import { cropWindow, type Fit, fitNote, type Size, sameSize } from '../fit.js';
import { loadImageLibrary } from '../image-library.js';
import { checkPixels, type StimulusLimits } from '../limits.js';
import { scaleNotes } from '../pixel-values.js';
import { createResizer } from '../resize.js';
import type { StimulusImage, StimulusShape } from '../stimuli.js';
import type { Target } from '../target.js';
import { isImageType, sniffMediaType } from './media-type.js';
import { checkPng } from './png.js';

/** An image file whose header was read; the pixels are decoded on demand. */
export interface ImageFile {
  readonly size: Size;
  /** 3 if its samples have colour, even if all of them are gray. */
  readonly channels: Channels;
  /**
   * Decodes the image to values of 0..1, value/255 or value/65535. Colour becomes Rec. 709 luma of the stored
   * (gamma-encoded) values, 0.2126 R + 0.7152 G + 0.0722 B, if the target is gray; gray is repeated if the target has
   * colour. Without channels of the target an image is gray if all of its pixels are. Colour profiles and gamma chunks
   * are not applied. Alpha is composed on the background (0..1) of the target.
   * @param into the size to which the image is fitted; by default its own
   */
  readonly task: (
    target: Pick<Target, 'background' | 'channels'>,
    into?: ImageTask['into'],
  ) => ImageTask;
}

/** The task to decode the pixels of an image file whose header was read. */
export interface ImageTask {
  readonly bytes: Uint8Array;
  /** The name of the format, such as `PNG`, for messages. */
  readonly format: string;
  /** The size in the header, after the rotation of the EXIF orientation. */
  readonly size: Size;
  /** The colour space in which the samples are read. */
  readonly space: 'b-w' | 'grey16' | 'srgb' | 'rgb16';
  /** The largest sample: 255 or 65535. */
  readonly white: number;
  readonly turned: boolean;
  /** The gray that alpha is composed on, 0..1. */
  readonly background: number;
  /** The channels of the result; those of the image if undefined. */
  readonly channels: Channels | undefined;
  /** The size to which the image is fitted; by default its own. */
  readonly into: { readonly size: Size; readonly fit: Fit } | undefined;
}

export interface DecodedImage {
  readonly image: StimulusImage;
  /** Notes on changes. */
  readonly notes: readonly string[];
}

/** The number of colour channels of each colour space. */
const SPACES = { 'b-w': 1, grey16: 1, srgb: 3, rgb16: 3 } as const;
const DEPTHS: Readonly<Record<string, number>> = { uchar: 255, ushort: 65535 };

/**
 * Reads the header of a PNG, JPEG, WebP or TIFF file.
 * @throws PayloadTooLargeError beyond `limits.maxPixels` (judged by the header alone), InputError
 *   for other formats, a corrupted header, several images in one file, CMYK, further channels, or
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
    throw new InputError(`the ${format} has ${metadata.pages} images; send one per file`);
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
  // For 8-bit gray with alpha, sharp returns the alpha only with RGB samples.
  const read = space === 'b-w' && channels === 2 ? 'srgb' : space;
  const size = { height, width };
  const turned = (metadata.orientation ?? 1) > 1;
  return {
    size,
    channels: colours,
    task: ({ background, channels: wanted }, into) => ({
      ...{ bytes, format, size, space: read, white, turned, background, into },
      channels: wanted,
    }),
  };
}

/** A decoder that hangs is stopped after this many seconds. */
const MAX_SECONDS = 20;

/**
 * Decodes an image and fits it to the target size, row by row, so that memory holds only the samples and
 * the result.
 * @throws InputError when the file is truncated or corrupted
 */
export async function decodePixels(task: ImageTask): Promise<DecodedImage> {
  const { samples, channels } = await decodeSamples(task);
  return toImage(task, samples, channels);
}

/**
 * Decodes an image to its samples, row by row: 0..255 or 0..65535, of 1 or 3 colour channels, and the alpha, where it
 * has one, as the last channel of each pixel.
 * @throws InputError when the file is truncated or corrupted
 */
export async function decodeSamples({ bytes, format, size, space, white }: ImageTask) {
  if (format === 'PNG') await checkPng(bytes);
  const sharp = await loadImageLibrary();
  const { data, info } = await sharp(bytes, {
    failOn: 'error',
    limitInputPixels: size.height * size.width,
    autoOrient: true,
    ignoreIcc: true,
  })
    .timeout({ seconds: MAX_SECONDS })
    .toColourspace(space)
    .raw({ depth: white === 255 ? 'uchar' : 'ushort' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new InputError(`the ${format} is truncated or corrupted`, [], { cause });
    });
  const samples: Uint8Array | Uint16Array = white === 255 ? data : read16Bit(data);
  return { samples, channels: info.channels };
}

function toImage(
  task: ImageTask,
  samples: Uint8Array | Uint16Array,
  channels: number,
): DecodedImage {
  const { size, turned, background, into } = task;
  const colours = task.channels ?? (channels > 2 ? 3 : 1);
  const { row, seen } = createRows(task, samples, channels, colours);
  const fitted = fitRows({ ...size, channels: colours }, into, row);
  const image = task.channels === undefined && !seen.colour ? toGray(fitted) : fitted;
  const notes = scaleNotes(image.pixels);
  if (turned) notes.unshift('rotated or mirrored according to the EXIF orientation');
  if (seen.colour && colours === 1) notes.push(GRAY_NOTE);
  if (seen.alpha) {
    notes.push(`alpha composed on the background, gray ${Number(background.toPrecision(4))}`);
  }
  if (into && !sameSize(size, into.size)) notes.push(fitNote(size, into.size, into.fit));
  return { image, notes };
}

/** @param row writes the pixels of row `y` from `left` on, until `out` is full */
function fitRows(
  size: StimulusShape,
  into: ImageTask['into'],
  row: (y: number, left: number, out: Float32Array) => void,
): StimulusImage {
  const { channels } = size;
  if (!into || into.fit === 'crop' || sameSize(size, into.size)) {
    const { top, left, height, width } = cropWindow(size, into?.size ?? size);
    const across = width * channels;
    const pixels = new Float32Array(height * across);
    for (let y = 0; y < height; y++)
      row(top + y, left, pixels.subarray(y * across, (y + 1) * across));
    return { height, width, channels, pixels };
  }
  const resizer = createResizer(size, into.size);
  const line = new Float32Array(size.width * channels);
  for (let y = 0; y < size.height; y++) {
    row(y, 0, line);
    resizer.addRow(line);
  }
  return resizer.finish();
}

/**
 * Converts interleaved samples, 0..white, of 1 or 3 colour channels with or without alpha to values of 0..1.
 * @param colours the channels of the result
 */
function createRows(
  { size: { width }, white, background }: ImageTask,
  samples: Uint8Array | Uint16Array,
  channels: number,
  colours: Channels,
) {
  const hasAlpha = channels % 2 === 0;
  const hasColour = channels > 2;
  const seen = { colour: false, alpha: false };
  return { seen, row };

  function row(y: number, left: number, out: Float32Array): void {
    for (let x = 0, to = 0; to < out.length; x++) {
      const at = (y * width + left + x) * channels;
      const red = samples[at]!;
      const green = hasColour ? samples[at + 1]! : red;
      const blue = hasColour ? samples[at + 2]! : red;
      if (red !== green || blue !== green) seen.colour = true;
      const alpha = hasAlpha ? samples[at + channels - 1]! / white : 1;
      if (alpha < 1) seen.alpha = true;
      const compose = (value: number) =>
        hasAlpha ? (value / white) * alpha + background * (1 - alpha) : value / white;
      if (colours === 1) {
        out[to++] = compose(hasColour ? luma(red, green, blue) : red);
      } else {
        out[to++] = compose(red);
        out[to++] = compose(green);
        out[to++] = compose(blue);
      }
    }
  }
}

/** Reads 16-bit samples from bytes, which are copied only if they are not aligned. */
function read16Bit(data: Buffer): Uint16Array {
  const aligned = data.byteOffset % 2 === 0 ? data : Uint8Array.from(data);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}

function isReadable(space: string): space is keyof typeof SPACES {
  return Object.hasOwn(SPACES, space);
}

async function readHeader(bytes: Uint8Array, format: string): Promise<Metadata> {
  const sharp = await loadImageLibrary();
  try {
    // The caller compares the size with the limit, and its message names both.
    return await sharp(bytes, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new InputError(`the ${format} is truncated or corrupted`, [], { cause });
  }
}
