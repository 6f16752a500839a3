import { readFileSync } from 'node:fs';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32, openArchive } from '../../../training/import/zip.js';
import { type ZippedFile, zip } from './bytes.js';
import { changedFiles, rejection } from './rejection.js';

const FILES: ZippedFile[] = [
  { name: 'a/data.pkl', bytes: Buffer.from('first') },
  { name: 'a/data/0', bytes: Buffer.alloc(1000, 7) },
  { name: 'a/.data/serialization_id', bytes: Buffer.alloc(0) },
];

/** Ten megabytes of zeros, compressed. */
const BOMB = deflateRawSync(Buffer.alloc(10_000_000));

test.each([false, true])('stored files are read (zip64: %s)', async (zip64) => {
  const archive = await openArchive(zip(FILES, { zip64 }));
  expect([...archive.keys()]).toEqual(FILES.map(({ name }) => name));
  for (const { name, bytes } of FILES) {
    expect(Buffer.from(archive.get(name)!())).toEqual(Buffer.from(bytes));
  }
});

test('the checksums are those of zip', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  const image = readFileSync(new URL('../../../docs/example.png', import.meta.url));
  expect(crc32(image)).toBe(gzipSync(image).readUInt32LE(gzipSync(image).length - 8));
});

test('a file with a wrong checksum is rejected when it is read, unless it has none', async () => {
  const bytes = Buffer.from('first');
  const archive = await openArchive(
    zip([
      { name: 'damaged', bytes, sum: crc32(bytes) - 1 },
      { name: 'without', bytes, sum: 0 },
    ]),
  );
  expect(await rejection(archive.get('damaged')!)).toBe(
    "'damaged' in it is damaged: its CRC-32 does not hold",
  );
  expect(Buffer.from(archive.get('without')!())).toEqual(bytes);
});

test.each<[string, Partial<ZippedFile>]>([
  ['compressed', { method: 8, bytes: BOMB, size: BOMB.length }],
  ['said to be of 4 GB', { method: 8, bytes: BOMB, size: 2 ** 32 - 2 }],
  ['encrypted', { flags: 1, bytes: Buffer.alloc(12), size: 12 }],
])('a file that is %s is refused', async (_, file) => {
  const archive = zip([FILES[0]!, { name: 'it', bytes: BOMB, ...file }]);
  const read = async () => (await openArchive(archive)).get('it')!();
  expect(await rejection(read)).toMatch(
    /^'it' in it is compressed or encrypted, which PyTorch|^it is truncated or corrupted, /,
  );
});

test.each([
  ['no archive', Buffer.from('not a zip archive at all, but a text that goes on and on')],
  ['half of one', zip(FILES).subarray(0, 700)],
  ['no first bytes', zip(FILES).subarray(100)],
  ['sizes beyond the end', zip([{ ...FILES[0]!, size: 1_000_000 }])],
  ['zip64 sizes beyond all', zip([{ ...FILES[0]!, size: 2 ** 52 }], { zip64: true })],
  ['names that leave the folder', zip([{ name: '../a', bytes: Buffer.alloc(1) }])],
  [
    'too many files',
    zip(Array.from({ length: 10_001 }, (_, i) => ({ name: `${i}`, bytes: Buffer.alloc(0) }))),
  ],
])('%s is rejected', async (_, bytes) => {
  expect(await rejection(() => openArchive(bytes))).toMatch(
    /^it is truncated or corrupted, its zip archive cannot be read: ./,
  );
});

test('a duplicate name is rejected', async () => {
  expect(await rejection(() => openArchive(zip([FILES[0]!, FILES[0]!])))).toBe(
    "it holds 'a/data.pkl' twice",
  );
});

test('an archive with changed bytes is read or rejected', async () => {
  const valid = zip(FILES);
  await fc.assert(
    fc.asyncProperty(changedFiles(valid), async (files) => {
      for (const bytes of files) {
        await rejection(async () => {
          for (const read of (await openArchive(bytes)).values()) read();
        });
      }
    }),
  );
});
