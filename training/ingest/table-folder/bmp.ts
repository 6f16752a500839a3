import { InputError } from '../../../src/errors.js';

const MAX_PIXELS = 2 ** 26;

/** Whether bytes begin as a BMP image does. */
export function isBmp(head: Buffer): boolean {
  return head.toString('latin1', 0, 2) === 'BM' && head.length >= 18 && head.readUInt32LE(14) >= 40;
}

/**
 * Decodes an uncompressed BMP image of 1, 4, 8, 24 or 32 bits. What 32 bits have besides the colours is left out.
 * @returns samples 0..255, row-major; gray where its palette is
 * @throws InputError for other kinds, and where it is cut off
 */
export function decodeBmp(bytes: Buffer) {
  if (bytes.length < 54) throw cutOff();
  const [offset, headerBytes] = [bytes.readUInt32LE(10), bytes.readUInt32LE(14)];
  const [width, storedHeight] = [bytes.readInt32LE(18), bytes.readInt32LE(22)];
  const [bits, compression] = [bytes.readUInt16LE(28), bytes.readUInt32LE(30)];
  if (compression !== 0 || ![1, 4, 8, 24, 32].includes(bits)) {
    throw new InputError(
      `the BMP has ${bits} bits and the compression ${compression}; expected 1, 4, 8, 24 or 32 bits without one`,
    );
  }
  const height = Math.abs(storedHeight);
  if (width < 1 || height < 1 || width * height > MAX_PIXELS) {
    throw new InputError(`the BMP has ${height}x${width} pixels; expected at most ${MAX_PIXELS}`);
  }
  const rowBytes = 4 * Math.ceil((bits * width) / 32);
  if (offset + rowBytes * height > bytes.length) throw cutOff();
  const palette = bits <= 8 ? readPalette(bytes, 14 + headerBytes, bits) : undefined;
  const channels = palette?.every(([red, green, blue]) => red === green && green === blue) ? 1 : 3;
  const samples = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    // The lowest row comes first, unless the height is negative.
    const row = offset + rowBytes * (storedHeight > 0 ? height - 1 - y : y);
    for (let x = 0; x < width; x++) {
      const colour =
        palette?.[indexAt(bytes, row, x, bits)] ?? colourAt(bytes, row + (x * bits) / 8);
      for (let c = 0; c < channels; c++) samples[(y * width + x) * channels + c] = colour[c]!;
    }
  }
  return { height, width, channels, samples } as const;
}

type Colour = readonly [red: number, green: number, blue: number];

function readPalette(bytes: Buffer, start: number, bits: number): Colour[] {
  const count = bytes.readUInt32LE(46) || 2 ** bits;
  if (count > 2 ** bits || start + 4 * count > bytes.length) throw cutOff();
  const palette = Array.from({ length: count }, (_, i) => colourAt(bytes, start + 4 * i));
  // Indices beyond the palette are black, as in other programs.
  while (palette.length < 2 ** bits) palette.push([0, 0, 0]);
  return palette;
}

function indexAt(bytes: Buffer, row: number, x: number, bits: number): number {
  const bit = x * bits;
  return (bytes[row + (bit >> 3)]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
}

/** Blue comes first. */
function colourAt(bytes: Buffer, at: number): Colour {
  return [bytes[at + 2]!, bytes[at + 1]!, bytes[at]!];
}

function cutOff(): InputError {
  return new InputError('the BMP is cut off or damaged; expected a whole image');
}
