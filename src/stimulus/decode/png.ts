import { createInflate, inflateSync } from 'node:zlib';
import { InputError } from '../../errors.js';

/** Pixel data of up to this many bytes are inflated without a pause, which takes about a millisecond. */
const MAX_SYNC_BYTES = 2 ** 19;
/** The number of samples in a pixel, by the colour type of the header. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** The first column and row, and the steps between columns and rows, of the seven passes of an interlaced PNG. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Chunks {
  readonly header: DataView;
  /** The parts of the compressed pixel data. */
  readonly data: readonly Uint8Array[];
  /** 1 unless it is animated. */
  readonly frames: number;
}

/**
 * Checks that the pixel data are no longer than the header promises, so that a small image costs little to decode,
 * and that the image is not animated. Decoders of PNG check neither.
 * @throws InputError if one of them is not true; the decoder finds all other errors
 */
export async function checkPng(bytes: Uint8Array): Promise<void> {
  const chunks = readChunks(bytes);
  if (chunks === undefined) return;
  const { header, data, frames } = chunks;
  if (frames !== 1) {
    throw new InputError(`the PNG is an animation of ${frames} frames; send one image per file`);
  }
  const promised = dataBytes(header);
  if (promised === undefined) return;
  if (await inflatesBeyond(data, promised)) {
    throw new InputError(
      `the PNG has more than the ${promised} bytes of pixel data that its header promises; ` +
        'save the image again',
    );
  }
}

/** Reads the chunks that the checks need; undefined if the file does not consist of whole chunks. */
function readChunks(bytes: Uint8Array): Chunks | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let header: DataView | undefined;
  let frames = 1;
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    const start = at + 8;
    if (start + length > bytes.length) break;
    const name = String.fromCharCode(...bytes.subarray(at + 4, start));
    if (name === 'IHDR' && length >= 13) {
      header = new DataView(bytes.buffer, bytes.byteOffset + start, length);
    }
    if (name === 'acTL' && length >= 4) frames = view.getUint32(start);
    if (name === 'IDAT') data.push(bytes.subarray(start, start + length));
    if (name === 'IEND') break;
    at = start + length + 4;
  }
  return header && { header, data, frames };
}

/** Computes the size of the inflated pixel data: each row of each pass has one more byte, for its filter. */
function dataBytes(header: DataView): number | undefined {
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const samples = SAMPLES[header.getUint8(9)];
  if (samples === undefined) return undefined;
  const bits = header.getUint8(8) * samples;
  const passes = header.getUint8(12) === 0 ? [[0, 0, 1, 1] as const] : PASSES;
  let bytes = 0;
  for (const [left, top, across, down] of passes) {
    const columns = Math.ceil((width - left) / across);
    const rows = Math.ceil((height - top) / down);
    if (columns > 0 && rows > 0) bytes += rows * (1 + Math.ceil((columns * bits) / 8));
  }
  return bytes;
}

/** Tests whether zlib data inflate to more than `limit` bytes; corrupted data do not. */
async function inflatesBeyond(data: readonly Uint8Array[], limit: number): Promise<boolean> {
  if (limit <= MAX_SYNC_BYTES) {
    try {
      inflateSync(Buffer.concat(data), { maxOutputLength: limit });
    } catch (error) {
      return error instanceof RangeError;
    }
    return false;
  }
  const inflate = createInflate();
  // An error event without a listener would end the process; the loop below sees the error as well.
  inflate.on('error', () => {});
  for (const part of data) inflate.write(part);
  inflate.end();
  let length = 0;
  try {
    for await (const chunk of inflate as AsyncIterable<Uint8Array>) {
      length += chunk.length;
      if (length > limit) return true;
    }
  } catch {
    return false;
  } finally {
    inflate.destroy();
  }
  return false;
}
