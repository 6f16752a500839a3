import { rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { elementCount, encodeNpy, type NpyData } from '../../../src/formats/npy.js';
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

/** The .npy file of an array as numpy writes it in Fortran order. */
function inFortranOrder(data: Float64Array, [count, height, width]: [number, number, number]) {
  const columns = new Float64Array(data.length);
  for (let i = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        columns[(x * height + y) * count + i] = data[(i * height + y) * width + x]!;
      }
    }
  }
  const file = Buffer.from(encodeNpy(columns, [count, height, width])).toString('latin1');
  return Buffer.from(file.replace("'fortran_order': False", "'fortran_order': True "), 'latin1');
}

const rejection = () => siteRejection(folder);

test('images are read in the requested order as pixels from 0 to 1', async () => {
  const images = Uint8Array.from({ length: 6 * SIDE * SIDE }, (_, i) =>
    Math.floor(i / SIDE / SIDE),
  );
  await write('train_img', images, [6, SIDE, SIDE, 1]);
  const site = await openSite(folder, 'small', {
    allowBlank: true,
    allowBrightness: true,
    white: 255,
  });
  const { count, height, width, pixels } = await site.training.stimuli([5, 0, 5, 2]);
  expect([count, height, width]).toEqual([4, SIDE, SIDE]);
  const means = [0, 1, 2, 3].map((i) => pixels[i * SIDE * SIDE + 7]);
  expect(means).toEqual([5, 0, 5, 2].map((value) => Math.fround(value / 255)));
  expect(Object.keys(site.digests)).toHaveLength(4);
  await site.close();
});

test('a file that is cut off while it is in use is reported, not read as black', async () => {
  const site = await openSite(folder, 'small');
  await truncate(path.join(folder, 'train_img_small.npy'), 1000);
  await expect(site.training.stimuli([0])).resolves.toMatchObject({ count: 1 });
  await expect(site.training.stimuli([5])).rejects.toThrow(/ends before its row 5$/);
  await site.close();
});

test('float64 in Fortran order is the same site', async () => {
  const cOrder = Float64Array.from({ length: 6 * SIDE * SIDE }, (_, i) => (i % 7) / 7);
  await write('train_img', cOrder, [6, SIDE, SIDE]);
  const original = await openSite(folder, 'small');
  const expected = await original.training.stimuli([4, 1]);
  await original.close();
  await writeFile(
    path.join(folder, 'train_img_small.npy'),
    inFortranOrder(cOrder, [6, SIDE, SIDE]),
  );
  const site = await openSite(folder, 'small');
  expect(await site.training.stimuli([4, 1])).toEqual(expected);
  await site.close();
});

/** A .npy file of elements of any type, from the bytes of each. */
function withElements(descriptor: string, shape: number[], bytes: Buffer): Buffer {
  const data = new Uint8Array(bytes.length);
  const file = Buffer.from(encodeNpy(data, [...shape, bytes.length / elementCount(shape)]));
  const header = file.subarray(0, -data.length).toString('latin1');
  const rewritten = header
    .replace("'|u1'", `'${descriptor}'`)
    .replace(/, \d+\), \}( *)\n$/, '), }$1\n');
  const padded = `${rewritten.trimEnd().padEnd(header.length - 1)}\n`;
  return Buffer.concat([Buffer.from(padded, 'latin1'), bytes]);
}

test('int64 responses, float16 and big-endian images are read as the numbers that they encode', async () => {
  const counts = BigInt64Array.from({ length: 18 }, (_, i) => BigInt(i * i - 9));
  const halves = Buffer.alloc(6 * SIDE * SIDE * 2);
  for (let i = 0; i < halves.length / 2; i++) halves.writeUInt16BE(i % 5 ? 0x3800 : 0x3400, 2 * i);
  const file = (name: string) => path.join(folder, `${name}_small.npy`);
  await writeFile(file('trainRsp'), withElements('<i8', [6, 3], Buffer.from(counts.buffer)));
  await writeFile(file('train_img'), withElements('>f2', [6, SIDE, SIDE], halves));
  const site = await openSite(folder, 'small');
  expect([...site.training.responses]).toEqual(Array.from(counts, Number));
  const { pixels } = await site.training.stimuli([0, 3]);
  const own = [0, 3].flatMap((image) =>
    Array.from({ length: SIDE * SIDE }, (_, i) => ((image * SIDE * SIDE + i) % 5 ? 0.5 : 0.25)),
  );
  expect(pixels).toEqual(Float32Array.from(own));
  await site.close();
});

test('responses of each type and byte order are read as the numbers that they encode', async () => {
  const file = path.join(folder, 'trainRsp_small.npy');
  const numbers = Array.from({ length: 18 }, (_, i) => i - 5);
  // 0, 1, 2, … 17 less 5 in float16: a sign, 5 bits of exponent, 10 of fraction
  const half = (value: number) => {
    const exponent = Math.floor(Math.log2(Math.abs(value)));
    if (value === 0) return 0;
    const fraction = Math.abs(value) / 2 ** exponent - 1;
    return (value < 0 ? 0x8000 : 0) | ((exponent + 15) << 10) | (fraction * 1024);
  };
  const writers: Record<
    string,
    [bytes: number, write: (into: DataView, at: number, value: number) => void]
  > = {
    '<f2': [2, (into, at, value) => into.setUint16(at, half(value), true)],
    '>f2': [2, (into, at, value) => into.setUint16(at, half(value))],
    '>f4': [4, (into, at, value) => into.setFloat32(at, value)],
    '>f8': [8, (into, at, value) => into.setFloat64(at, value)],
    '<i8': [8, (into, at, value) => into.setBigInt64(at, BigInt(value), true)],
    '>i8': [8, (into, at, value) => into.setBigInt64(at, BigInt(value))],
    '>i4': [4, (into, at, value) => into.setInt32(at, value)],
    '|i1': [1, (into, at, value) => into.setInt8(at, value)],
    '|b1': [1, (into, at, value) => into.setUint8(at, Number(value > 0))],
  };
  for (const [descriptor, [bytes, write]] of Object.entries(writers)) {
    const view = new DataView(new ArrayBuffer(18 * bytes));
    for (const [i, value] of numbers.entries()) write(view, i * bytes, value);
    await writeFile(file, withElements(descriptor, [6, 3], Buffer.from(view.buffer)));
    const site = await openSite(folder, 'small');
    const expected = descriptor === '|b1' ? numbers.map((value) => Number(value > 0)) : numbers;
    expect([...site.training.responses], descriptor).toEqual(expected);
    await site.close();
  }
});

test('an invalid site is reported with the file and the reason', async () => {
  const images = Uint8Array.from({ length: 6 * SIDE * SIDE }, (_, i) => i % 251);
  const good = () => write('train_img', images, [6, SIDE, SIDE]);
  const cases: [string, () => Promise<void>][] = [
    ['missing', () => rm(path.join(folder, 'train_img_small.npy'))],
    ['not npy', () => writeFile(path.join(folder, 'train_img_small.npy'), 'P5 16 16 255')],
    ['colour', () => write('train_img', new Uint8Array(6 * 4 * 4 * 3), [6, 4, 4, 3])],
    [
      'cut off',
      () =>
        writeFile(
          path.join(folder, 'train_img_small.npy'),
          encodeNpy(images, [6, SIDE, SIDE]).subarray(0, 500),
        ),
    ],
    [
      'floats to 255',
      () => write('train_img', new Float32Array(images.length).fill(200), [6, SIDE, SIDE]),
    ],
    ['another size', () => write('train_img', images.subarray(0, 6 * 20 * 20), [6, 20, 20])],
    ['fewer images', () => write('train_img', images.subarray(SIDE * SIDE), [5, SIDE, SIDE])],
    [
      'infinite',
      async () => {
        await good();
        await write(
          'trainRsp',
          Float32Array.of(...Array(13).fill(0), Number.NEGATIVE_INFINITY, 0, 0, 0, 0),
          [6, 3],
        );
      },
    ],
    [
      'not in float32',
      () => write('trainRsp', Float64Array.of(...Array(17).fill(0), 1e300), [6, 3]),
    ],
    [
      'blank',
      async () => {
        await write('trainRsp', new Float32Array(18), [6, 3]);
        const blank = images.slice().fill(7, 2 * SIDE * SIDE, 3 * SIDE * SIDE);
        await write('train_img', blank, [6, SIDE, SIDE]);
      },
    ],
    [
      'several blank',
      () => {
        const blank = images.slice().fill(7, 2 * SIDE * SIDE, 5 * SIDE * SIDE);
        return write('train_img', blank, [6, SIDE, SIDE]);
      },
    ],
    [
      'fewer neurons',
      async () => {
        await good();
        await write('trainRsp', new Float32Array(12), [6, 2]);
      },
    ],
    ['flat responses', () => write('trainRsp', new Float32Array(6), [6])],
  ];
  const messages: string[] = [];
  for (const [name, corrupt] of cases) {
    await corrupt();
    messages.push(`${name}: ${await rejection()}`);
  }
  expect(messages).toMatchInlineSnapshot(`
    [
      "missing: train_img_small.npy is not there: that folder holds no site: give another --data",
      "not npy: train_img_small.npy: not a .npy file: it does not begin with the bytes \\x93NUMPY",
      "colour: train_img_small.npy: every pixel is 0: all images are black",
      "cut off: train_img_small.npy: it is cut off: its shape (6, 24, 24) needs 3456 bytes of data, 372 are there",
      "floats to 255: train_img_small.npy: image 0 has a pixel of 200; expected 0 (black) to 1 (white): give the value that is white, e.g. --white 255",
      "another size: train_img_small.npy holds images of 20x20 pixels, val_img_small.npy of 24x24",
      "fewer images: train_img_small.npy holds 5 images, trainRsp_small.npy 6 responses",
      "infinite: trainRsp_small.npy: the response of neuron 1 to image 4 is -Infinity, not a number that float32 holds; expected one, or NaN where the neuron was not measured",
      "not in float32: trainRsp_small.npy: the response of neuron 2 to image 5 is 1e+300, not a number that float32 holds; expected one, or NaN where the neuron was not measured",
      "blank: train_img_small.npy: image 2 is blank, of one gray or colour all over: remove it with its responses, or pass --allow-blank",
      "several blank: train_img_small.npy: image 2 is blank, of one gray or colour all over, as are 2 others: remove it with its responses, or pass --allow-blank",
      "fewer neurons: trainRsp_small.npy holds 2 neurons, valRsp_small.npy 3",
      "flat responses: trainRsp_small.npy has shape (6): it is (images, neurons)",
    ]
  `);
});
