import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodePixels, openImage } from '../../src/stimulus/decode/image.js';
import { checkPng } from '../../src/stimulus/decode/png.js';

function chunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const file = Buffer.alloc(body.length + 8);
  file.writeUInt32BE(data.length, 0);
  body.copy(file, 4);
  file.writeUInt32BE(crc32(body), body.length + 4);
  return file;
}

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** An 8-bit gray PNG of 50x50 with these pixel data, filters included. */
function png(inflated: Uint8Array, ...before: Buffer[]): Buffer {
  const header = Buffer.from([0, 0, 0, 50, 0, 0, 0, 50, 8, 0, 0, 0, 0]);
  const data = chunk('IDAT', deflateSync(inflated));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    ...before,
    data,
    chunk('IEND', new Uint8Array()),
  ]);
}

const PROMISED = 50 * 51;

test('pixel data that inflate beyond the header are rejected', async () => {
  await expect(checkPng(png(new Uint8Array(PROMISED)))).resolves.toBeUndefined();
  await expect(checkPng(png(new Uint8Array(PROMISED + 1)))).rejects.toThrow(
    'the PNG has more than the 2550 bytes of pixel data that its header promises; save the image again',
  );
  const task = (await openImage(png(new Uint8Array(10 ** 8)), { maxStimuli: 1, maxPixels: 10_000 }))
    .task;
  await expect(decodePixels(task({ background: 0.5, channels: 1 }))).rejects.toThrow(
    /has more than the 2550 bytes/,
  );
});

test('large pixel data are bounded too', async () => {
  const header = Buffer.from([0, 0, 4, 0, 0, 0, 4, 0, 8, 0, 0, 0, 0]);
  const file = (bytes: number) =>
    Buffer.concat([
      SIGNATURE,
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.alloc(bytes))),
    ]);
  await expect(checkPng(file(1024 * 1025))).resolves.toBeUndefined();
  await expect(checkPng(file(1024 * 1025 + 1))).rejects.toThrow(/more than the 1049600 bytes/);
});

test('every PNG that sharp writes has the size that its header gives, interlaced or not', async () => {
  const images = fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const),
    progressive: fc.boolean(),
    deep: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(images, async ({ width, height, channels, progressive, deep }) => {
      const samples = new (deep ? Uint16Array : Uint8Array)(width * height * channels).fill(77);
      const file = await sharp(samples, { raw: { width, height, channels } })
        .toColourspace(deep ? (channels < 3 ? 'grey16' : 'rgb16') : channels < 3 ? 'b-w' : 'srgb')
        .png({ progressive })
        .toBuffer();
      await expect(checkPng(file)).resolves.toBeUndefined();
    }),
    { numRuns: 40 },
  );
});

test('palettes of a few bits have the size that their header gives', async () => {
  for (const colours of [2, 4, 16, 256]) {
    const samples = Uint8Array.from({ length: 37 * 5 }, (_, i) => (i % colours) * (255 / colours));
    const file = await sharp(samples, { raw: { width: 37, height: 5, channels: 1 } })
      .png({ palette: true, colours })
      .toBuffer();
    await expect(checkPng(file)).resolves.toBeUndefined();
  }
});

test('an animation is rejected with its number of frames', async () => {
  const frames = chunk('acTL', Buffer.from([0, 0, 0, 3, 0, 0, 0, 0]));
  await expect(checkPng(png(new Uint8Array(PROMISED), frames))).rejects.toThrow(
    'the PNG is an animation of 3 frames; send one image per file',
  );
});

test('other damage is left to the decoder', async () => {
  const whole = png(new Uint8Array(PROMISED));
  for (const file of [whole.subarray(0, 20), whole.subarray(0, 60), SIGNATURE]) {
    await expect(checkPng(file)).resolves.toBeUndefined();
  }
});
