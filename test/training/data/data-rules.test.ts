import { beforeEach, expect, test } from 'vitest';
import type { NpyData } from '../../../src/formats/npy.js';
import { randomStream } from '../../../src/network/random.js';
import type { DataRules } from '../../../training/data/data-rules.js';
import { openSite } from '../../../training/data/site.js';
import { SIDE, siteRejection, writeSiteFile, writeSmallSite } from '../../support/sites.js';
import { temporaryFolder } from '../../support/store.js';

let folder = '';
beforeEach(async () => {
  folder = await temporaryFolder();
  await writeSmallSite(folder, 6, 4);
});

const write = (file: string, data: NpyData, shape: number[]) =>
  writeSiteFile(folder, file, data, shape);
const rejection = (rules: Partial<DataRules> = {}) => siteRejection(folder, rules);

/** The 8-bit pixels of different images. */
function pixels(count: number, name = 'train'): Uint8Array {
  const random = randomStream(1, name);
  return Uint8Array.from({ length: count * SIDE * SIDE }, () => 256 * random.uniform());
}

/** The first training image and the first validation image as they are read. */
async function firstImages(rules: Partial<DataRules> = {}) {
  const site = await openSite(folder, 'small', rules);
  try {
    const [training, validation] = await Promise.all([
      site.training.stimuli([0]),
      site.validation.stimuli([0]),
    ]);
    return [training.pixels, validation.pixels];
  } finally {
    await site.close();
  }
}

test('images of another scale than their type are rejected, and read by the given white value', async () => {
  const [train, val] = [pixels(6), pixels(4, 'val')];
  const expected = [train, val].map((all) =>
    Float32Array.from(all.subarray(0, SIDE * SIDE), (value) => value / 255),
  );
  await write('train_img', Uint16Array.from(train), [6, SIDE, SIDE]);
  await write('val_img', Float32Array.from(val), [4, SIDE, SIDE]);
  expect(await rejection()).toMatchInlineSnapshot(
    `"train_img_small.npy: no pixel is above 255, of 65535 for white in this type: pass --white 255 if that is white, or --white 65535 if the images are that dark"`,
  );
  expect(await firstImages({ white: 255 })).toEqual(expected);
  expect(await rejection({ white: 200 })).toMatchInlineSnapshot(
    `"train_img_small.npy: image 0 has a pixel of 232; expected 0 (black) to 200 (white): give the value that is white, e.g. --white 255"`,
  );
  await write('train_img', Int32Array.from(train), [6, SIDE, SIDE]);
  expect(await rejection()).toMatch(/has pixels of the .npy type i4; .* --white 255$/);
  expect(await firstImages({ white: 255 })).toEqual(expected);
  await write('train_img', train, [6, SIDE, SIDE]);
  expect(await rejection()).toMatchInlineSnapshot(
    `"val_img_small.npy: image 0 has a pixel of 100; expected 0 (black) to 1 (white): give the value that is white, e.g. --white 255"`,
  );
  expect(await firstImages({ white: 255 })).toEqual(expected);
});

test('each scale other than that of the type is rejected', async () => {
  const val = pixels(4, 'val');
  const files: Record<string, NpyData> = {
    'uint16 of 0..255': Uint16Array.from(val),
    'uint16 of 12 bits': Uint16Array.from(val, (value) => value * 16),
    'uint8 of 0 and 1': val.map((value) => value % 2),
    'divided by 255 twice': Float32Array.from(val, (value) => value / 255 / 255),
    'z-scored': Float64Array.from(val, (value) => (value - 127) / 70),
    black: new Uint8Array(val.length),
    'not a number': Float32Array.from(val, (value) => (value === 3 ? Number.NaN : value / 255)),
    'one image, four times': Float32Array.from(val, (_, i) => val[i % (SIDE * SIDE)]! / 255),
  };
  const messages: string[] = [];
  for (const [name, data] of Object.entries(files)) {
    await write('val_img', data, [4, SIDE, SIDE]);
    messages.push(`${name}: ${await rejection()}`);
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "uint16 of 0..255: val_img_small.npy: no pixel is above 255, of 65535 for white in this type: pass --white 255 if that is white, or --white 65535 if the images are that dark",
      "uint16 of 12 bits: val_img_small.npy: no pixel is above 4080, of 65535 for white in this type: pass --white 4095 if that is white, or --white 65535 if the images are that dark",
      "uint8 of 0 and 1: val_img_small.npy: no pixel is above 1, of 255 for white in this type: pass --white 1 if that is white, or --white 255 if the images are that dark",
      "divided by 255 twice: val_img_small.npy: no pixel is above 0.00392157, of 1 for white in this type: pass the value that is white as --white, or --white 1 if the images are that dark",
      "z-scored: val_img_small.npy: image 0 has a pixel of -0.385714; expected 0 (black) to 1 (white): save the images as they were shown, not centred or z-scored, and without NaN",
      "black: val_img_small.npy: every pixel is 0: all images are black",
      "not a number: val_img_small.npy: image 0 has a pixel of NaN; expected 0 (black) to 1 (white): save the images as they were shown, not centred or z-scored, and without NaN",
      "one image, four times: val_img_small.npy: all 4 images are the same; expected different images",
    ]
  `);
});

test('dark images are accepted with a given white value, and other brightness where it is allowed', async () => {
  const [train, val] = [pixels(6), pixels(4, 'val')];
  await write('train_img', train, [6, SIDE, SIDE]);
  await write(
    'val_img',
    val.map((value) => value / 8),
    [4, SIDE, SIDE],
  );
  expect(await rejection()).toMatch(/no pixel is above 31, of 255 for white/);
  expect(await rejection({ white: 255 })).toMatchInlineSnapshot(
    `"the mean grays are a factor of 7.99 apart: train_img_small.npy 0.492, val_img_small.npy 0.0616 (0 black, 1 white); expected at most 2: save both on one scale, or pass --allow-brightness"`,
  );
  const [, dark] = await firstImages({ white: 255, allowBrightness: true });
  expect(dark![1]).toBe(Math.fround(Math.floor(val[1]! / 8) / 255));
  await write(
    'val_img',
    val.map((value) => 255 - (value >> 3)),
    [4, SIDE, SIDE],
  );
  await write(
    'train_img',
    train.map((value) => value >> 1),
    [6, SIDE, SIDE],
  );
  expect(await rejection()).toMatch(/the mean grays are a factor of \S+ apart/);
});

test('axes in another order are detected by the responses', async () => {
  const images = pixels(6);
  const orders: Record<string, [data: NpyData, shape: number[]]> = {
    MATLAB: [images, [SIDE, SIDE, 6]],
    'MATLAB with a channel': [images, [SIDE, SIDE, 1, 6]],
  };
  const messages: string[] = [];
  for (const [name, [data, shape]] of Object.entries(orders)) {
    await write('train_img', data, shape);
    messages.push(`${name}: ${await rejection()}`);
  }
  await write('train_img', images, [6, 1, SIDE, SIDE]);
  const [channelFirst] = await firstImages();
  expect(channelFirst).toEqual(
    Float32Array.from(images.subarray(0, SIDE * SIDE), (value) => value / 255),
  );
  await write('trainRsp', new Float32Array(18), [3, 6]);
  messages.push(`responses: ${await rejection()}`);
  expect(messages).toMatchInlineSnapshot(`
    [
      "MATLAB: train_img_small.npy has shape (24, 24, 6), trainRsp_small.npy (6, 3): this seems to be MATLAB's order (height, width, images); expected (images, height, width): transpose to (6, 24, 24), e.g. numpy.moveaxis(x, -1, 0)",
      "MATLAB with a channel: train_img_small.npy has shape (24, 24, 1, 6), trainRsp_small.npy (6, 3): this seems to be MATLAB's order (height, width, images); expected (images, height, width): transpose to (6, 24, 24, 1), e.g. numpy.moveaxis(x, -1, 0)",
      "responses: train_img_small.npy holds 6 images, trainRsp_small.npy 3 responses; its shape is (3, 6); expected (images, neurons): transpose it",
    ]
  `);
});

test('validation images that are training images are counted, and so are few ones', async () => {
  const train = pixels(40);
  const own = pixels(24, 'val');
  await write('train_img', train, [40, SIDE, SIDE]);
  await write('trainRsp', new Float32Array(120), [40, 3]);
  const validate = async (shared: number, count: number) => {
    const val = own.slice(0, count * SIDE * SIDE);
    val.set(train.subarray(SIDE * SIDE, (1 + shared) * SIDE * SIDE));
    await write('val_img', val, [count, SIDE, SIDE]);
    await write('valRsp', new Float32Array(count * 3), [count, 3]);
  };
  const opened = async (rules: Partial<DataRules> = {}) => {
    const site = await openSite(folder, 'small', rules);
    await site.close();
    return [site.sharedImages, ...site.warnings];
  };
  await validate(0, 24);
  expect(await opened()).toEqual([0]);
  await validate(2, 24);
  expect(await opened()).toMatchInlineSnapshot(`
    [
      2,
      "2 of the 24 validation images are training images too: CORR on them says nothing about new images",
    ]
  `);
  await validate(3, 24);
  expect(await rejection()).toMatchInlineSnapshot(
    `"3 of the 24 validation images are training images too, so CORR would say little about new images; expected at most a tenth: remove them on one side, or pass --allow-shared"`,
  );
  expect(await opened({ allowShared: true })).toEqual([
    3,
    expect.stringMatching(/^3 of the 24 validation images are training images too: /),
  ]);
  await validate(24, 24);
  expect(await rejection()).toMatch(/^24 of the 24 validation images are training images too/);
  await validate(0, 2);
  expect(await rejection()).toMatchInlineSnapshot(
    `"too few validation images: 2; expected at least 3, since CORR over 2 is always 1 or -1: add some, or pass --allow-few"`,
  );
  expect(await opened({ allowFew: true })).toMatchInlineSnapshot(`
    [
      0,
      "only 2 validation images: CORR, PT_J and PT_S over so few say little",
    ]
  `);
});
