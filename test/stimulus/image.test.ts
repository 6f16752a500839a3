import { crc32 } from 'node:zlib';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePixels, openImage } from '../../src/stimulus/decode/image.js';
import { encodePng } from '../../src/stimulus/encode-png.js';
import { greatestDifference } from '../support/numbers.js';

const LIMITS = { maxStimuli: 1, maxPixels: 100_000 };

async function decode(file: Uint8Array, background = 0.5) {
  return decodePixels((await openImage(file, LIMITS)).task({ background, channels: 1 }));
}

function raw(samples: Uint8Array | Uint16Array, width: number, channels: 1 | 2 | 3 | 4) {
  const height = samples.length / channels / width;
  return sharp(samples, { raw: { width, height, channels } });
}

test('every 8-bit gray level of a PNG is exactly value / 255', async () => {
  const levels = Uint8Array.from({ length: 256 }, (_, i) => i);
  const png = await raw(levels, 32, 1).toColourspace('b-w').png().toBuffer();
  const { image, notes } = await decode(png);
  expect(image).toEqual({
    height: 8,
    width: 32,
    channels: 1,
    pixels: Float32Array.from(levels, (v) => v / 255),
  });
  expect(notes).toEqual([]);
});

test('16-bit PNG and TIFF keep their precision', async () => {
  const levels = Uint16Array.from({ length: 256 }, (_, i) => i * 257 - (i % 2));
  const gray = raw(levels, 16, 1).toColourspace('grey16');
  const expected = Float32Array.from(levels, (value) => value / 65535);
  expect((await decode(await gray.clone().png().toBuffer())).image.pixels).toEqual(expected);
  const tiff = await gray.clone().tiff({ compression: 'lzw' }).toBuffer();
  expect((await decode(tiff)).image.pixels).toEqual(expected);
});

test('an image is the same after encodePng and decoding', async () => {
  const levels = Float32Array.from({ length: 256 }, (_, i) => i / 255);
  const image = { height: 16, width: 16, channels: 1 as const, pixels: levels };
  const png = await encodePng(image);
  expect((await sharp(png).metadata()).channels).toBe(1);
  expect((await decode(png)).image).toEqual(image);
});

test('colour becomes the Rec. 709 luma of the stored values, and a note says so', async () => {
  const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30);
  const png = await raw(colours, 4, 3).png().toBuffer();
  const { image, notes } = await decode(png);
  const last = (0.2126 * 10 + 0.7152 * 20 + 0.0722 * 30) / 255;
  expect(greatestDifference(image.pixels, [0.2126, 0.7152, 0.0722, last])).toBeLessThan(1e-7);
  expect(notes).toEqual(['converted to gray (Rec. 709 luma)']);
});

test('gray that is stored as RGB is exactly value / 255, without a note', async () => {
  const samples = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
  const { image, notes } = await decode(await raw(samples, 16, 3).png().toBuffer());
  expect(image.pixels).toEqual(Float32Array.from({ length: 256 }, (_, i) => i / 255));
  expect(notes).toEqual([]);
});

test('alpha is composed on the background, with a note where it is visible', async () => {
  const samples = Uint16Array.of(65535, 65535, 65535, 0, 0, 13107);
  const png = await raw(samples, 3, 2).toColourspace('grey16').png().toBuffer();
  const { image, notes } = await decode(png, 0.25);
  expect(greatestDifference(image.pixels, [1, 0.25, 0.8 * 0.25])).toBeLessThan(1e-7);
  expect(notes).toEqual(['alpha composed on the background, gray 0.25']);
  const opaque = await raw(Uint8Array.of(7, 255, 8, 255), 2, 2)
    .png()
    .toBuffer();
  expect((await decode(opaque)).notes).toEqual([]);
});

test('8-bit gray is composed like 8-bit RGB, in PNG, TIFF and WebP', async () => {
  const gray = raw(Uint8Array.of(200, 255, 200, 51, 200, 0), 3, 2).toColourspace('b-w');
  const rgb = raw(Uint8Array.of(200, 200, 200, 255, 200, 200, 200, 51, 200, 200, 200, 0), 3, 4);
  const expected = [200 / 255, 0.2 * (200 / 255) + 0.8 * 0.25, 0.25];
  for (const file of [
    await gray.clone().png().toBuffer(),
    await gray.clone().tiff({ compression: 'lzw' }).toBuffer(),
    await rgb.clone().png().toBuffer(),
    await rgb.clone().webp({ lossless: true, exact: true }).toBuffer(),
  ]) {
    const { image, notes } = await decode(file, 0.25);
    expect(greatestDifference(image.pixels, expected)).toBeLessThan(1e-7);
    expect(notes).toEqual(['alpha composed on the background, gray 0.25']);
  }
});

test('a gray level that a PNG declares transparent becomes transparent', async () => {
  const png = await raw(Uint8Array.of(7, 8, 9), 3, 1)
    .toColourspace('b-w')
    .png()
    .toBuffer();
  const chunk = Buffer.from('\0\0\0\x02tRNS\0\x08????', 'latin1');
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 10)), 10);
  const data = png.indexOf('IDAT') - 4;
  const file = Buffer.concat([png.subarray(0, data), chunk, png.subarray(data)]);
  const { image } = await decode(file, 0.25);
  expect(image.pixels).toEqual(Float32Array.of(7 / 255, 0.25, 9 / 255));
});

test('BigTIFF is read like TIFF', async () => {
  const levels = Uint8Array.of(7, 8, 9);
  const file = await raw(levels, 3, 1).toColourspace('b-w').tiff({ bigtiff: true }).toBuffer();
  expect((await decode(file)).image.pixels).toEqual(Float32Array.from(levels, (v) => v / 255));
});

test('a colour profile does not change the stored values', async () => {
  const colours = Uint8Array.of(250, 10, 10, 10, 250, 10, 10, 10, 250, 200, 200, 0);
  const png = await raw(colours, 4, 3).withIccProfile('p3').png().toBuffer();
  expect((await sharp(png).metadata()).hasProfile).toBe(true);
  const stored = await sharp(png, { ignoreIcc: true }).raw().toBuffer();
  const luma = [0, 3, 6, 9].map(
    (i) => (0.2126 * stored[i]! + 0.7152 * stored[i + 1]! + 0.0722 * stored[i + 2]!) / 255,
  );
  expect(greatestDifference((await decode(png)).image.pixels, luma)).toBeLessThan(1e-7);
});

test('the EXIF orientation turns the image, and a note says so', async () => {
  const levels = Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255);
  const tiff = await raw(levels, 4, 1)
    .toColourspace('b-w')
    .withMetadata({ orientation: 6 })
    .tiff({ compression: 'none' })
    .toBuffer();
  const { image, notes } = await decode(tiff);
  expect(image).toEqual({
    height: 4,
    width: 2,
    channels: 1 as const,
    pixels: Float32Array.of(1, 0, 1, 0, 1, 0, 1, 0),
  });
  expect(notes).toEqual(['rotated or mirrored according to the EXIF orientation']);
});

test('JPEG and WebP are read', async () => {
  const levels = new Uint8Array(64).fill(128);
  const gray = raw(levels, 8, 1);
  for (const file of [await gray.clone().jpeg().toBuffer(), await gray.clone().webp().toBuffer()]) {
    const { image } = await decode(file);
    // JPEG and WebP are lossy: a uniform image is off by at most one level.
    expect(greatestDifference(image.pixels, new Float32Array(64).fill(128 / 255))).toBeLessThan(
      1.01 / 255,
    );
  }
});
