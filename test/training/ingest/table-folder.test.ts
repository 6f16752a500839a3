import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { expect, onTestFinished, test } from 'vitest';
import { FORMATS, openLabFile } from '../../../training/ingest/formats.js';
import type { LabFile } from '../../../training/ingest/lab-file.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { temporaryFolder } from '../../support/store.js';

const PYTHON = labFilePackages();

/** Samples of an image of 3 x 4 pixels, 0 to `white`, which differ from pixel to pixel and from seed to seed. */
function samplesOf(seed: number, channels: number, white = 255): number[] {
  return Array.from({ length: 12 * channels }, (_, i) => ((i + 1) * 7919 * (seed + 3)) % white);
}

async function writeImage(file: string, samples: readonly number[], channels: 1 | 2 | 3 | 4) {
  await mkdir(path.dirname(file), { recursive: true });
  const image = sharp(Uint8Array.from(samples), { raw: { height: 3, width: 4, channels } });
  const isGray = channels < 3;
  const own = isGray ? image.toColourspace('b-w') : image;
  await (file.endsWith('.tiff') ? own.tiff({ compression: 'lzw' }) : own).toFile(file);
}

/** A folder with gray images `names`, the first with seed 0, and a table. */
async function makeFolder(names: readonly string[], table?: string): Promise<string> {
  const folder = await temporaryFolder();
  for (const [seed, name] of names.entries()) {
    await writeImage(path.join(folder, name), samplesOf(seed, 1), 1);
  }
  if (table !== undefined) await writeFile(path.join(folder, 'responses.csv'), table);
  return folder;
}

async function open(folder: string): Promise<LabFile> {
  const file = await openLabFile(folder, FORMATS);
  onTestFinished(() => file.close());
  return file;
}

async function trialsOf({ presentations, responses }: LabFile) {
  const [responsesOf] = responses;
  if (responsesOf?.kind !== 'table') throw new Error('a table was expected');
  const { image, tier } = await presentations[0]!.read();
  const values = [...(await responsesOf.read(0, responsesOf.rows))];
  return { image: [...image], tier, ids: responsesOf.ids, values };
}

test('a row is a trial, a column is a neuron, and a missing cell is NaN', async () => {
  const folder = await makeFolder(
    ['b.png', 'sub/a.png'],
    'image,unit 1,"unit, 2"\r\nsub/a.png,0.5,-2e-3\r\nb.png,,NaN\r\na.png,3,NA\r\n',
  );
  const file = await open(folder);
  expect(await trialsOf(file)).toEqual({
    image: [1, 0, 1],
    tier: undefined,
    ids: ['unit 1', 'unit, 2'],
    values: [0.5, Math.fround(-2e-3), Number.NaN, Number.NaN, 3, Number.NaN],
  });
  expect(file.images).toMatchObject([
    { count: 2, height: 3, width: 4, channels: 1, element: 'u1' },
  ]);
  expect([...(await file.images[0]!.read(0, 2))]).toEqual([...samplesOf(0, 1), ...samplesOf(1, 1)]);
  expect([...(await file.images[0]!.read(1, 1))]).toEqual(samplesOf(1, 1));
});

test('a row of the long form is a neuron in a trial; rows may come in any order', async () => {
  const folder = await makeFolder(
    ['a.png', 'b.png'],
    'Neuron\tImage\ttrial\tresponse\ttier\n' +
      'n7\tb.png\t1\t1.5\ttrain\nn3\ta.png\t1\t2\ttest\nn3\tb.png\t1\t3\ttrain\nn7\tb.png\t2\t4\ttrain\n',
  );
  expect(await trialsOf(await open(folder))).toEqual({
    image: [1, 0, 1],
    tier: ['train', 'test', 'train'],
    ids: ['n7', 'n3'],
    values: [1.5, 3, Number.NaN, 2, 4, Number.NaN],
  });
});

test('gray images among coloured ones have equal channels; an opaque alpha is left out', async () => {
  const folder = await makeFolder([], 'image;n\na.png;1\nb.tiff;2\nc.png;3\nd.webp;4\n');
  const colour = samplesOf(2, 3);
  const opaque = colour.flatMap((value, i) => (i % 3 === 2 ? [value, 255] : [value]));
  await writeImage(path.join(folder, 'a.png'), samplesOf(1, 1), 1);
  await writeImage(path.join(folder, 'b.tiff'), colour, 3);
  await writeImage(path.join(folder, 'c.png'), opaque, 4);
  await sharp(Uint8Array.from(colour), { raw: { height: 3, width: 4, channels: 3 } })
    .webp({ lossless: true })
    .toFile(path.join(folder, 'd.webp'));
  const { images } = await open(folder);
  expect(images[0]).toMatchObject({ count: 4, channels: 3 });
  expect([...(await images[0]!.read(0, 4))]).toEqual([
    ...samplesOf(1, 1).flatMap((value) => [value, value, value]),
    ...colour,
    ...colour,
    ...colour,
  ]);
});

test('samples of 16 bits stay as they are', async () => {
  const folder = await makeFolder([], 'image,n\na.png,1\n');
  const samples = samplesOf(5, 1, 65_536);
  await sharp(Uint16Array.from(samples), { raw: { height: 3, width: 4, channels: 1 } })
    .toColourspace('grey16')
    .toFile(path.join(folder, 'a.png'));
  const { images } = await open(folder);
  expect(images[0]).toMatchObject({ channels: 1, element: 'u2' });
  expect([...(await images[0]!.read(0, 1))]).toEqual(samples);
});

test('images without a row are left out with a note; rows without an image are rejected', async () => {
  const names = Array.from({ length: 7 }, (_, i) => `${i}.png`);
  const file = await open(await makeFolder(names, 'image,n\n3.png,1\n'));
  expect(file.images[0]!.count).toBe(1);
  expect([...(await file.images[0]!.read(0, 1))]).toEqual(samplesOf(3, 1));
  expect(file.notes).toEqual([
    'Images that the table does not name are left out: 0.png, 1.png, 2.png, 4.png, 5.png and 1 more.',
  ]);
  const folder = await makeFolder(['x/a.png', 'y/a.png'], 'image,n\nx/a.png,1\na.png,2\nb.png,3\n');
  await expect(open(folder)).rejects.toThrow(
    /^images of the table are not in .*: a\.png, b\.png; expected a file for each$/,
  );
});

test.each([
  ['image,n\na.png,high\n', "column 'n' has 'high' in row 1; expected a number, or nothing"],
  ['image,n\na.png,inf\n', "column 'n' has 'inf' in row 1; expected a number, or nothing"],
  ['image,n\na.png\n', 'row 1 has 1 fields; expected 2, as the first line has'],
  ['image,n,n\na.png,1,2\n', "the column 'n' is there twice; expected each name once"],
  ['image,n\n,1\n', 'row 1 has no image; expected the name of a file'],
  ['image,n\n', 'the table has no rows; expected one for each trial'],
  ['image,trial\na.png,1\n', 'the table has no neurons; expected a column for each'],
  ['image,tier,n\na.png,dev,1\n', "row 1 has the tier 'dev'; expected train, validation, test"],
  [
    'image,neuron,response\na.png,1,1\na.png,1,2\n',
    'row 2 gives another response of neuron 1 to a.png in the same trial; expected one, or a column trial',
  ],
  ['image,n\na.png,\u0080\n', 'its bytes are not UTF-8; expected a table saved as CSV UTF-8'],
])('the table %j is rejected', async (table, message) => {
  const folder = await makeFolder(['a.png']);
  await writeFile(path.join(folder, 't.csv'), Buffer.from(table, 'latin1'));
  await expect(open(folder)).rejects.toThrow(message);
});

test('images that cannot be used are named', async () => {
  const table = 'image,n\na.png,1\nb.png,2\n';
  const other = await makeFolder(['a.png'], table);
  await sharp({ create: { height: 5, width: 4, channels: 3, background: 'red' } }).toFile(
    path.join(other, 'b.png'),
  );
  await expect(open(other)).rejects.toThrow(
    'the images differ: a.png is 3x4 of 8 bits, b.png is 5x4 of 8 bits; expected one size and one depth',
  );
  const transparent = await makeFolder(['a.png'], table);
  await writeImage(path.join(transparent, 'b.png'), samplesOf(1, 4), 4);
  const file = await open(transparent);
  await expect(file.images[0]!.read(0, 2)).rejects.toThrow('b.png: it is transparent in places');
  const cut = await makeFolder(['a.png', 'b.png'], table);
  const whole = await readFile(path.join(cut, 'b.png'));
  await writeFile(path.join(cut, 'b.png'), whole.subarray(0, whole.length - 30));
  const opened = await open(cut);
  await expect(opened.images[0]!.read(0, 2)).rejects.toThrow(
    'b.png: the PNG is truncated or corrupted',
  );
  const two = await makeFolder(['a.png'], table);
  await writeFile(path.join(two, 'other.csv'), table);
  await expect(open(two)).rejects.toThrow(/several tables are in .*: other.csv, responses.csv;/);
});

/** An uncompressed BMP: `row(y)` has the bytes of row y from the top. */
function writeBmp(
  bits: number,
  palette: readonly number[],
  row: (y: number) => number[],
  down = false,
) {
  const header = Buffer.alloc(54 + palette.length);
  header.write('BM');
  header.writeUInt32LE(header.length, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(4, 18);
  header.writeInt32LE(down ? -3 : 3, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(palette.length / 4, 46);
  header.set(palette, 54);
  const rows = (down ? [0, 1, 2] : [2, 1, 0]).map((y) => {
    const bytes = row(y);
    return Buffer.from([...bytes, ...Array(-bytes.length & 3).fill(0)]);
  });
  return Buffer.concat([header, ...rows]);
}

test('BMP images of each depth have their pixels, from the top', async () => {
  const grays = samplesOf(3, 1).map((value) => value % 16);
  const colours = samplesOf(4, 3);
  const rowOf = (y: number) => grays.slice(4 * y, 4 * y + 4);
  const palette = Array.from({ length: 16 }, (_, i) => [i * 17, i * 17, i * 17, 0]).flat();
  const bgr = (y: number, more: number[]) =>
    [0, 1, 2, 3].flatMap((x) => [
      ...colours.slice(3 * (4 * y + x), 3 * (4 * y + x) + 3).toReversed(),
      ...more,
    ]);
  const gray = grays.map((value) => value * 17);
  const bit = grays.map((value) => (value & 1 ? 255 : 0));
  const cases = [
    { bytes: writeBmp(8, palette, rowOf), expected: gray },
    {
      bytes: writeBmp(4, palette, (y) => [0, 2].map((x) => 16 * rowOf(y)[x]! + rowOf(y)[x + 1]!)),
      expected: gray,
    },
    {
      bytes: writeBmp(1, [0, 0, 0, 0, 255, 255, 255, 0], (y) => [
        rowOf(y).reduce((byte, value, x) => byte | ((value & 1) << (7 - x)), 0),
      ]),
      expected: bit,
    },
    { bytes: writeBmp(24, [], (y) => bgr(y, [])), expected: colours },
    { bytes: writeBmp(32, [], (y) => bgr(y, [9]), true), expected: colours },
  ];
  for (const { bytes, expected } of cases) {
    const folder = await makeFolder([], 'image,n\na.bmp,1\n');
    await writeFile(path.join(folder, 'a.bmp'), bytes);
    const { images } = await open(folder);
    expect(images[0]).toMatchObject({ height: 3, width: 4, channels: expected.length / 12 });
    expect([...(await images[0]!.read(0, 1))]).toEqual(expected);
    for (let length = 20; length < bytes.length; length++) {
      await writeFile(path.join(folder, 'a.bmp'), bytes.subarray(0, length));
      await expect(open(folder)).rejects.toThrow('a.bmp: the BMP is cut off or damaged');
    }
  }
});

testWith(PYTHON)('Parquet tables hold the numbers that pyarrow wrote', async () => {
  const script = `
import numpy, pyarrow, pyarrow.parquet, sys
random = numpy.random.default_rng(1)
values = random.normal(size=(300, 6))
numpy.save('values.npy', values.astype('f4'))
columns = {
    'image': [f'{i % 3}.png' for i in range(300)],
    'double': values[:, 0],
    'float': values[:, 1].astype('f4'),
    'half': values[:, 2].astype('f2'),
    'int64': pyarrow.array([None if i % 7 == 0 else i for i in range(300)], pyarrow.int64()),
    'uint8': numpy.arange(300).astype('u1'),
    'bool': numpy.arange(300) % 2 == 0,
}
table = pyarrow.table(columns)
for codec in sys.argv[1:]:
    pyarrow.parquet.write_table(table, codec, compression=codec, row_group_size=110)
`;
  const made = await temporaryFolder();
  const codecs = ['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4'];
  execFileSync(PYTHON.python, ['-c', script, ...codecs], { cwd: made });
  const stored = await readFile(path.join(made, 'values.npy'));
  for (const codec of codecs) {
    const whole = await readFile(path.join(made, codec));
    const folder = await makeFolder(['0.png', '1.png', '2.png']);
    await writeFile(path.join(folder, 'table'), whole);
    const { image, ids, values } = await trialsOf(await open(folder));
    const written = new Float32Array(Uint8Array.from(stored.subarray(-300 * 6 * 4)).buffer);
    expect(ids).toEqual(['double', 'float', 'half', 'int64', 'uint8', 'bool']);
    for (let row = 0; row < 300; row++) {
      const own = values.slice(row * 6, row * 6 + 6);
      const [double, float, half] = written.subarray(row * 6, row * 6 + 3);
      expect(image[row]).toBe(row % 3);
      expect(own.slice(0, 2)).toEqual([double, float]);
      // Ten bits of fraction.
      expect(Math.abs(own[2]! - half!)).toBeLessThanOrEqual(2 ** -11 * Math.abs(half!) + 2 ** -25);
      expect(own.slice(3)).toEqual([row % 7 === 0 ? Number.NaN : row, row % 256, row % 2 ? 0 : 1]);
    }
    for (let length = 4; length < whole.length; length += 997) {
      await writeFile(path.join(folder, 'table'), whole.subarray(0, length));
      await expect(open(folder)).rejects.toThrow('its Parquet cannot be read, is it cut off?');
    }
  }
});

test('a table without images, files that are none, and decimal commas are named', async () => {
  const other = await makeFolder(['a.png', 'b.png'], 'picture,cell 1\na.png,1\nb.png,2\n');
  await expect(open(other)).rejects.toThrow(
    'the table has no column image: picture, cell 1; expected the names of the image files in it',
  );
  const empty = await makeFolder(['a.png'], 'image,cell 1\na.png,1\nb.png,2\nc.png,3\n');
  await writeFile(path.join(empty, 'b.png'), '');
  await expect(open(empty)).rejects.toThrow(
    /^files of the table in .* are no images: b\.png; expected PNG, JPEG, WebP, TIFF or BMP$/,
  );
  const commas = await makeFolder(['a.png', 'b.png'], 'image;cell 1\na.png;0,5\nb.png;1\n');
  await expect(open(commas)).rejects.toThrow(
    "column 'cell 1' has '0,5' in row 1; expected a decimal point, as in 0.5",
  );
});
