import sharp from 'sharp';
import { InputError } from '../errors.js';
import { cropWindow, type Fit, fitNote, type Size, sameSize } from './fit.js';
import { scaleNotes } from './pixel-values.js';
import { checkPng } from './png.js';
import { createResizer } from './resize.js';
import type { GrayImage } from './stimuli.js';

/** An image file whose header was read, and what its pixels are to become. */
export interface ImageTask {
  readonly bytes: Uint8Array;
  /** `PNG`, for messages. */
  readonly format: string;
  /** Of the header, turned as the EXIF orientation says. */
  readonly size: Size;
  /** The colour space in which the samples are read. */
  readonly space: 'b-w' | 'grey16' | 'srgb' | 'rgb16';
  /** The largest sample: 255 or 65535. */
  readonly white: number;
  readonly turned: boolean;
  /** The gray that alpha is composed on, 0..1. */
  readonly background: number;
  /** What it is brought to; its own size where there is none. */
  readonly into: { readonly size: Size; readonly fit: Fit } | undefined;
}

export interface DecodedImage {
  readonly image: GrayImage;
  /** What was changed on the way. */
  readonly notes: readonly string[];
}

/** A decoder that hangs on a file is stopped after so many seconds. */
const MAX_SECONDS = 20;

/**
 * Decodes an image to gray and brings it to the size that is asked for, row by row: beside the samples
 * themselves only what the result needs is held.
 * @throws InputError when the file is cut off or damaged
 */
export async function decodePixels(task: ImageTask): Promise<DecodedImage> {
  const { bytes, format, size, space, white } = task;
  if (format === 'PNG') await checkPng(bytes);
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
      throw new InputError(`the ${format} is cut off or damaged`, [], { cause });
    });
  const samples = white === 255 ? data : wordsOf(data);
  return grayImage(task, samples, info.channels);
}

function grayImage(
  { size, white, turned, background, into }: ImageTask,
  samples: Uint8Array | Uint16Array,
  channels: number,
): DecodedImage {
  const gray = createGray(samples, channels, white, background, size.width);
  const image = fitRows(size, into, gray.row);
  const notes = scaleNotes(image.pixels);
  if (turned) notes.unshift('turned as the EXIF orientation says');
  if (gray.seen.colour) notes.push('converted to gray (Rec. 709 luma)');
  if (gray.seen.alpha) {
    notes.push(`alpha composed on the background, gray ${Number(background.toPrecision(4))}`);
  }
  if (into && !sameSize(size, into.size)) notes.push(fitNote(size, into.size, into.fit));
  return { image, notes };
}

/** @param row writes pixels `left` to `left + out.length` of row `y` */
function fitRows(
  size: Size,
  into: ImageTask['into'],
  row: (y: number, left: number, out: Float32Array) => void,
): GrayImage {
  if (!into || into.fit === 'crop' || sameSize(size, into.size)) {
    const { top, left, height, width } = cropWindow(size, into?.size ?? size);
    const pixels = new Float32Array(height * width);
    for (let y = 0; y < height; y++)
      row(top + y, left, pixels.subarray(y * width, (y + 1) * width));
    return { height, width, pixels };
  }
  const resizer = createResizer(size, into.size);
  const line = new Float32Array(size.width);
  for (let y = 0; y < size.height; y++) {
    row(y, 0, line);
    resizer.addRow(line);
  }
  return resizer.finish();
}

/** Interleaved samples with 1 or 3 colour channels and perhaps alpha, 0..white, to gray 0..1. */
function createGray(
  samples: Uint8Array | Uint16Array,
  channels: number,
  white: number,
  background: number,
  width: number,
) {
  const hasAlpha = channels % 2 === 0;
  const hasColour = channels > 2;
  const seen = { colour: false, alpha: false };
  return { seen, row };

  function row(y: number, left: number, out: Float32Array): void {
    for (let x = 0; x < out.length; x++) {
      const at = (y * width + left + x) * channels;
      let value = samples[at]!;
      if (hasColour) {
        const red = value;
        const green = samples[at + 1]!;
        const blue = samples[at + 2]!;
        if (red !== green || blue !== green) seen.colour = true;
        // written so that equal channels give their value exactly
        value = green + 0.2126 * (red - green) + 0.0722 * (blue - green);
      }
      value /= white;
      if (hasAlpha) {
        const alpha = samples[at + channels - 1]! / white;
        if (alpha < 1) seen.alpha = true;
        value = value * alpha + background * (1 - alpha);
      }
      out[x] = value;
    }
  }
}

/** 16-bit samples from their bytes, copied only where they are not aligned. */
function wordsOf(data: Buffer): Uint16Array {
  const aligned = data.byteOffset % 2 === 0 ? data : Uint8Array.from(data);
  return new Uint16Array(aligned.buffer, aligned.byteOffset, aligned.length / 2);
}
