import { expect, test } from 'vitest';
import { randomStream } from '../../../src/network/random.js';
import { fingerprint, isNear } from '../../../training/ingest/images/near-images.js';
import { imagesPerBlock } from '../../../training/ingest/images/survey.js';
import {
  createTransform,
  type TransformOptions,
} from '../../../training/ingest/images/transform.js';
import { chooseScale } from '../../../training/ingest/images/white.js';
import { imageSource } from './lab-files.js';

const UNCHANGED: TransformOptions = {
  transpose: false,
  crop: undefined,
  gray: false,
  size: undefined,
  degreesPerPixel: undefined,
};

test('images stay as they are unless an option changes them', async () => {
  const source = imageSource([[1, 2, 3, 4]]);
  const { apply, changes } = createTransform(source, UNCHANGED);
  const values = await source.read(0, 1);
  expect(apply(values, 1)).toBe(values);
  expect(changes).toEqual([]);
});

test('rows and columns are exchanged, of each channel', () => {
  const source = imageSource([Array.from({ length: 18 }, (_, i) => i)], {
    ...{ height: 2, width: 3, channels: 3 },
  });
  const { height, width, apply } = createTransform(source, { ...UNCHANGED, transpose: true });
  expect([height, width]).toEqual([3, 2]);
  const turned = apply(
    Uint8Array.from({ length: 18 }, (_, i) => i),
    1,
  );
  expect([...turned]).toEqual([0, 1, 2, 9, 10, 11, 3, 4, 5, 12, 13, 14, 6, 7, 8, 15, 16, 17]);
});

test('colours become their luminance, rounded where pixels are whole numbers', () => {
  const pixels = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255];
  const source = imageSource([pixels], { height: 2, width: 2, channels: 3 });
  const { channels, apply } = createTransform(source, { ...UNCHANGED, gray: true });
  expect(channels).toBe(1);
  expect([...apply(Uint8Array.from(pixels), 1)]).toEqual([54, 182, 18, 255]);
  expect(apply(Float32Array.from(pixels), 1)[0]).toBeCloseTo(54.213, 3);
});

test('the centre is kept, and degrees follow a new size', () => {
  const pixels = Array.from({ length: 36 }, (_, i) => i);
  const source = imageSource([pixels], { degreesPerPixel: 0.5 });
  const { height, degreesPerPixel, apply, changes } = createTransform(source, {
    ...UNCHANGED,
    crop: 2,
    size: { height: 2, width: 2 },
  });
  expect(height).toBe(2);
  expect(degreesPerPixel).toBe(1);
  expect(changes).toEqual(['the central 2 degrees are kept, 4 pixels', 'resized from 4x4 to 2x2']);
  // The mean of the four rows and columns about the centre, 14.5 and 20.5 in the middle of each quarter.
  const [topLeft, , , bottomRight] = apply(Float32Array.from(pixels), 1);
  expect(topLeft! + bottomRight!).toBeCloseTo(35, 5);
  expect(() => createTransform(source, { ...UNCHANGED, crop: 4 })).toThrow(
    '--crop does not fit the images: 4; expected at most 3 degrees, and one pixel at least',
  );
  expect(() => createTransform(imageSource([pixels]), { ...UNCHANGED, crop: 4 })).toThrow(
    'expected --degrees-per-pixel',
  );
});

test('an image with noise is near the first one, another image is not', () => {
  const random = randomStream(1, 'near');
  const size = { height: 40, width: 30, channels: 1 };
  const draw = () => Float32Array.from({ length: 1200 }, () => random.uniform());
  const blurred = () => {
    const field = draw();
    return field.map((_, i) => {
      const [y, x] = [Math.floor(i / 30), i % 30];
      let sum = 0;
      for (let dy = -3; dy <= 3; dy++) {
        for (let dx = -3; dx <= 3; dx++)
          sum += field[((y + dy + 40) % 40) * 30 + ((x + dx + 30) % 30)]!;
      }
      return sum / 49;
    });
  };
  const [first, other] = [blurred(), blurred()];
  const noisy = first.map((value) => 0.8 * value + 0.1 + 0.002 * random.uniform());
  expect(isNear(fingerprint(first, size), fingerprint(noisy, size))).toBe(true);
  expect(isNear(fingerprint(first, size), fingerprint(other, size))).toBe(false);
  const flat = new Float32Array(1200);
  expect(isNear(fingerprint(flat, size), fingerprint(first, size))).toBe(false);

  const colour = { ...size, channels: 3 };
  const join = (...channels: readonly Float32Array[]) =>
    Float32Array.from({ length: 3600 }, (_, i) => channels[i % 3]![Math.floor(i / 3)]!);
  const print = fingerprint(join(first, first, other), colour);
  expect(isNear(print, fingerprint(join(noisy, noisy, other), colour))).toBe(true);
  // the same red, and nearly the same luma
  expect(isNear(print, fingerprint(join(first, first, flat), colour))).toBe(false);
});

test('white follows from the type, or from the pixels, or is given', () => {
  expect(chooseScale('u1', { min: 0, max: 254 }, {})).toEqual({
    black: 0,
    white: 255,
    note: undefined,
  });
  expect(chooseScale('f4', { min: 0, max: 0.9 }, {})).toMatchObject({ white: 1, note: undefined });
  expect(chooseScale('u2', { min: 3, max: 255 }, {})).toMatchObject({
    white: 255,
    note: 'pixels are 3 to 255: 0 is black, 255 is white',
  });
  expect(chooseScale('f8', { min: 0, max: 200 }, {})).toMatchObject({ white: 255 });
  expect(chooseScale('i2', { min: 0, max: 4000 }, {})).toMatchObject({ white: 4095 });
  expect(chooseScale('f4', { min: -1, max: 1 }, { black: -1, white: 1 })).toMatchObject({
    black: -1,
  });
  expect(() => chooseScale('f4', { min: -2.5, max: 3 }, {})).toThrow(
    'pixels are -2.5 to 3; expected 0 (black) to 255: give the values of black and white, such as --black -2.5 --white 3',
  );
  // The suggestion includes the pixels, and is accepted.
  expect(() => chooseScale('f8', { min: -1.23456789, max: 2.34567891 }, {})).toThrow(
    'such as --black -1.24 --white 2.35',
  );
  expect(() => chooseScale('f8', { min: -0.001, max: 1.001 }, {})).toThrow(
    'such as --black -0.001 --white 1.01',
  );
  expect(() => chooseScale('f8', { min: -3210.5, max: 0 }, {})).toThrow(
    'such as --black -3220 --white 0',
  );
  expect(() => chooseScale('u2', { min: 0, max: 20 }, {})).toThrow(
    'which is dark for 255 as white',
  );
  expect(chooseScale('u2', { min: 0, max: 20 }, { white: 255 })).toMatchObject({ white: 255 });
});

test('images that are compressed together are read together, where there are not too many', () => {
  const perBlock = (side: number, together?: number) =>
    imagesPerBlock(imageSource([[0]], { height: side, width: side, together }));
  // 2 ** 21 numbers are 128 images of 128x128.
  expect(perBlock(128)).toBe(128);
  expect(perBlock(128, 50)).toBe(100);
  expect(perBlock(128, 1000)).toBe(1000);
  // 2 ** 25 bytes are 2048 images of bytes.
  expect(perBlock(128, 5000)).toBe(2048);
  expect(perBlock(4000)).toBe(1);
});
