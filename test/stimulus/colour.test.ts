import sharp from 'sharp';
import { expect, test } from 'vitest';
import { encodeNpy } from '../../src/formats/npy.js';
import { luma, toColour, toGray } from '../../src/stimulus/channels.js';
import { encodePng } from '../../src/stimulus/encode-png.js';
import { fitImage } from '../../src/stimulus/fit.js';
import { readImageStack } from '../../src/stimulus/image-shape.js';
import { type StimulusImage, stimulusAt } from '../../src/stimulus/stimuli.js';
import { decode, GRAY, GRAY_8, rejection } from './request.js';

const NPY = 'application/x-npy';
const JSON_TYPE = 'application/json';
const SIZE = { height: 6, width: 4 };
/** A model in colour, of the size of the gray one in these tests. */
const target = { ...SIZE, channels: 3 as const, background: 0.5 };
/** Stimuli that keep their channels. */
const open = { channels: undefined, background: 0.5 };

/** 72 different bytes: one image in colour, row by row. */
const RGB_8 = Uint8Array.from({ length: 72 }, (_, i) => 3 * ((i * 29) % 72));
const RGB = Float32Array.from(RGB_8, (value) => value / 255);
const image: StimulusImage = { ...SIZE, channels: 3, pixels: RGB };
const stimuli = { count: 1, ...image };

/** The same values with the channels first. */
const planar = (values: Uint8Array) =>
  Uint8Array.from(values, (_, i) => values[3 * (i % 24) + Math.floor(i / 24)]!);

const rgbPng = (values: Uint8Array, channels: 3 | 4 = 3) =>
  sharp(values, { raw: { ...SIZE, channels } })
    .png()
    .toBuffer();

test('arrays in colour are read in each order of axes', async () => {
  const two = Uint8Array.of(...RGB_8, ...RGB_8.toReversed());
  const bodies: [Uint8Array, number[]][] = [
    [RGB_8, [6, 4, 3]],
    [two, [2, 6, 4, 3]],
    [Uint8Array.of(...planar(RGB_8), ...planar(RGB_8.toReversed())), [2, 3, 6, 4]],
  ];
  for (const [values, shape] of bodies) {
    const decoded = await decode(NPY, encodeNpy(values, shape), { target });
    expect(stimulusAt(decoded.stimuli, 0)).toEqual(image);
    expect(decoded.notes).toEqual(Array.from({ length: decoded.stimuli.count }, () => []));
  }
  const wide = Uint16Array.from(RGB_8, (value) => value * 257);
  expect((await decode(NPY, encodeNpy(wide, [6, 4, 3]), { target })).stimuli).toEqual(stimuli);
});

test('a value outside 0..1 is named by all of its axes', async () => {
  const wrong = RGB.slice();
  wrong[3 * (4 * 2 + 1) + 2] = 7;
  expect(await rejection(NPY, encodeNpy(wrong, [1, 6, 4, 3]), { target })).toContain(
    'stimuli[0][2][1][2] is 7',
  );
  const first = RGB.slice();
  first[2 * 24 + 4 * 2 + 1] = 7;
  expect(await rejection(NPY, encodeNpy(first, [1, 3, 6, 4]), { target })).toContain(
    'stimuli[0][2][2][1] is 7',
  );
});

test('raw pixels have their channels together', async () => {
  const type = 'application/octet-stream';
  expect((await decode(type, RGB_8, { target, dtype: 'uint8' })).stimuli).toEqual(stimuli);
  expect(await rejection(type, GRAY_8, { target, dtype: 'uint8' })).toMatchInlineSnapshot(
    `"InputError: 24 bytes are not a whole number of stimuli: 6 high x 4 wide in colour in uint8 takes 72 bytes each"`,
  );
});

test('image files keep their colour, also in 16 bits and with alpha', async () => {
  expect((await decode('image/png', await rgbPng(RGB_8), { target })).stimuli).toEqual(stimuli);
  const wide = Uint16Array.from(RGB_8, (value) => value * 257 - (value % 2));
  const tiff = await sharp(wide, { raw: { ...SIZE, channels: 3 } })
    .toColourspace('rgb16')
    .tiff({ compression: 'none' })
    .toBuffer();
  const exact = Float32Array.from(wide, (value) => value / 65535);
  expect((await decode('image/tiff', tiff, { target })).stimuli.pixels).toEqual(exact);
  const alpha = 51;
  const rgba = Uint8Array.from({ length: 96 }, (_, i) =>
    i % 4 === 3 ? alpha : RGB_8[3 * Math.floor(i / 4) + (i % 4)]!,
  );
  const composed = Float32Array.from(RGB_8, (value) => {
    return (value / 255) * (alpha / 255) + 0.5 * (1 - alpha / 255);
  });
  const seen = await decode('image/png', await rgbPng(rgba, 4), { target });
  expect(seen.stimuli.pixels).toEqual(composed);
  expect(seen.notes).toEqual([['alpha composed on the background, gray 0.5']]);
});

test('gray stimuli have the same value in the three channels of a model in colour', async () => {
  const repeated = toColour({ count: 1, ...SIZE, channels: 1 as const, pixels: GRAY });
  const png = await encodePng({ ...SIZE, channels: 1, pixels: GRAY });
  const rows = Array.from({ length: 6 }, (_, y) => Array.from(GRAY.subarray(4 * y, 4 * y + 4)));
  const decoded = [
    await decode(NPY, encodeNpy(GRAY_8, [6, 4]), { target }),
    await decode('image/png', png, { target }),
    await decode(JSON_TYPE, JSON.stringify({ stimuli: [rows] }), { target }),
  ];
  for (const each of decoded) {
    expect(each.stimuli).toEqual(repeated);
    expect(each.notes).toEqual([[]]);
  }
});

test('rows of JSON may have pixels of three numbers', async () => {
  const rows = Array.from({ length: 6 }, (_, y) =>
    Array.from({ length: 4 }, (_unused, x) => {
      return Array.from(RGB.subarray(3 * (4 * y + x), 3 * (4 * y + x) + 3));
    }),
  );
  const body = (changed: unknown) => JSON.stringify({ stimuli: [changed] });
  expect((await decode(JSON_TYPE, body(rows), { target })).stimuli).toEqual(stimuli);
  const short = rows.with(2, rows[2]!.with(1, [0, 1]));
  expect(await rejection(JSON_TYPE, body(short), { target })).toMatchInlineSnapshot(
    `"InputError: stimuli[0][2][1]: three numbers are expected: [red, green, blue] [stimuli[0][2][1]]"`,
  );
  const large = rows.with(2, rows[2]!.with(1, [0, 1, 2]));
  expect(await rejection(JSON_TYPE, body(large), { target })).toMatchInlineSnapshot(
    `"InputError: stimuli[0][2][1][2] is 2: pixels are 0..1 as floats, 0..255 only as 8-bit integers; divide by 255 [stimuli[0][2][1][2]]"`,
  );
  expect(await rejection(JSON_TYPE, body(rows))).toMatchInlineSnapshot(
    `"InputError: stimuli[0]: its pixels have several values; only gray is accepted: [[0.5, ...], ...] [stimuli[0]]"`,
  );
});

test('a stored set in colour is gray for a gray model, and a gray one is repeated', async () => {
  const digest = '0'.repeat(64);
  const body = JSON.stringify({ stimulusSet: digest });
  const read = async (set: typeof stimuli, options: object) =>
    decode(JSON_TYPE, body, { readStoredSet: async () => set, ...options });
  const gray = await read(stimuli, {});
  expect(gray.stimuli).toEqual(toGray(stimuli));
  expect(gray.stimuli.pixels[5]).toBe(Math.fround(luma(RGB[15]!, RGB[16]!, RGB[17]!)));
  expect(gray.notes).toEqual([['converted to gray (Rec. 709 luma)']]);
  expect((await read(stimuli, { target })).stimuli).toEqual(stimuli);
  const levels = { count: 1, ...SIZE, channels: 1 as const, pixels: GRAY };
  expect((await read(levels, { target })).stimuli).toEqual(toColour(levels));
});

test('images in colour are resized and cropped in each channel', async () => {
  const small = { ...target, height: 3, width: 2 };
  for (const fit of ['resize', 'crop'] as const) {
    const expected = fitImage(image, small, fit).image;
    for (const [type, body] of [
      ['image/png', await rgbPng(RGB_8)],
      [NPY, encodeNpy(RGB_8, [6, 4, 3])],
    ] as const) {
      const decoded = await decode(type, body, { target: small, fit });
      expect(stimulusAt(decoded.stimuli, 0)).toEqual(expected);
    }
  }
});

test('without channels of the target, stimuli keep theirs, and a mixture is in colour', async () => {
  const coloured = await rgbPng(RGB_8);
  const levels = await rgbPng(Uint8Array.from(RGB_8, (_, i) => GRAY_8[Math.floor(i / 3)]!));
  const form = new FormData();
  for (const bytes of [coloured, levels]) form.append('stimuli', new Blob([new Uint8Array(bytes)]));
  const request = new Response(form);
  const contentType = request.headers.get('Content-Type')!;
  const both = await decode(contentType, new Uint8Array(await request.arrayBuffer()), {
    target: open,
  });
  expect(both.stimuli).toMatchObject({ count: 2, channels: 3 });
  expect(stimulusAt(both.stimuli, 0)).toEqual(image);
  const gray = { count: 1, ...SIZE, channels: 1, pixels: GRAY };
  expect((await decode('image/png', levels, { target: open })).stimuli).toEqual(gray);
  expect((await decode(NPY, encodeNpy(GRAY, [6, 4]), { target: open })).stimuli).toEqual(gray);
  expect((await decode(NPY, encodeNpy(RGB, [6, 4, 3]), { target: open })).stimuli).toEqual(stimuli);
});

test('the pixels of a request are counted in each channel', async () => {
  // The limit is 16 times the pixels of a stimulus; an image in colour has three values for each pixel.
  const png = (await rgbPng(RGB_8)).toString('base64');
  const body = (count: number) => JSON.stringify({ stimuli: new Array(count).fill({ png }) });
  const limits = { maxStimuli: 100, maxPixels: 24 };
  expect((await decode(JSON_TYPE, body(5), { target, limits })).stimuli.count).toBe(5);
  expect(await rejection(JSON_TYPE, body(6), { target, limits })).toContain('too many pixels');
  expect((await decode(JSON_TYPE, body(16), { limits })).stimuli.count).toBe(16);
});

test('shapes with two meanings, of MATLAB and of four channels are refused', () => {
  const model = { height: 50, width: 50, channels: 3 as const };
  const reason = (shape: number[], of: Parameters<typeof readImageStack>[1] = model) => {
    try {
      const { count, height, width, channels } = readImageStack(shape, of);
      return `${count} of ${height}x${width}x${channels}`;
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(reason([7, 50, 50, 3])).toBe('7 of 50x50x3');
  expect(reason([7, 3, 50, 50])).toBe('7 of 50x50x3');
  expect(reason([50, 50, 3])).toBe('1 of 50x50x3');
  expect(reason([80, 60, 3], open)).toBe('1 of 80x60x3');
  expect(reason([3, 80, 60], open)).toBe('3 of 80x60x1');
  expect([
    reason([3, 50, 50]),
    reason([2, 3, 20, 3], open),
    reason([50, 50, 3, 20]),
    reason([7, 50, 50, 4]),
  ]).toMatchInlineSnapshot(`
    [
      "shape (3, 50, 50) has two meanings: 3 gray images of 50 x 50, or one image in colour whose channels come first; expected (3, 50, 50, 1) for the former, (1, 3, 50, 50) for the latter",
      "shape (2, 3, 20, 3) has two meanings: 2 colour images of 3 x 20 whose channels come last, or 2 colour images of 20 x 3 whose channels come first; send .npy with the other order of axes, or image files",
      "shape (50, 50, 3, 20): this seems to be MATLAB's order (height, width, images); expected (images, height, width): transpose to (20, 50, 50, 3), e.g. numpy.moveaxis(x, -1, 0)",
      "shape (7, 50, 50, 4) ends in 4 channels; expected (h, w), (h, w, 1), (h, w, 3), (n, h, w), (n, h, w, 1), (n, h, w, 3), (n, 1, h, w) or (n, 3, h, w)",
    ]
  `);
});
