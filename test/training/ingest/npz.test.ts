import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { encodeNpy } from '../../../src/formats/npy.js';
import { openFileTree } from '../../../training/ingest/arrays/file-tree.js';
import { openNpy } from '../../../training/ingest/arrays/npy-array.js';
import { FORMATS, openLabFile } from '../../../training/ingest/formats.js';
import type { LabFile } from '../../../training/ingest/lab-file.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { temporaryFolder } from '../../support/store.js';
import { zip } from '../import/bytes.js';

const PYTHON = labFilePackages();

async function open(place: string): Promise<LabFile> {
  const file = await openLabFile(place, FORMATS);
  onTestFinished(() => file.close());
  return file;
}

async function readTable({ responses: [table] }: LabFile): Promise<number[]> {
  if (table?.kind !== 'table') throw new Error('a table was expected');
  return [...(await table.read(0, table.rows))];
}

const IMAGES = Uint8Array.from({ length: 300 }, (_, i) => (i * 7) % 256);
const RATES = Float32Array.from({ length: 24 }, (_, i) => Math.sin(i));
const FILES = [
  { name: 'images.npy', bytes: encodeNpy(IMAGES, [12, 5, 5]) },
  { name: 'rates.npy', bytes: encodeNpy(RATES, [12, 2]) },
];

test('a folder of .npy files and an archive of them are the same recording', async () => {
  const folder = await temporaryFolder();
  const archive = path.join(await temporaryFolder(), 'arrays');
  for (const { name, bytes } of FILES) await writeFile(path.join(folder, name), bytes);
  await writeFile(archive, zip(FILES));
  for (const place of [folder, archive]) {
    const file = await open(place);
    expect(file.images).toMatchObject([{ name: 'images', count: 12, height: 5, element: 'u1' }]);
    expect([...(await file.images[0]!.read(3, 9))]).toEqual([...IMAGES.subarray(75)]);
    expect(await readTable(file)).toEqual([...RATES]);
  }
});

test('an archive that is cut off, or whose sum does not hold, is rejected', async () => {
  const file = path.join(await temporaryFolder(), 'x.npz');
  const whole = Buffer.from(zip(FILES));
  for (let length = 4; length < whole.length; length += 100) {
    await writeFile(file, whole.subarray(0, length));
    await expect(open(file), String(length)).rejects.toThrow(InputError);
  }
  const at = whole.indexOf(IMAGES.subarray(100, 200)) + 7;
  whole[at]! ^= 1;
  await writeFile(file, whole);
  await expect(open(file)).rejects.toThrow('images.npy is damaged: its sum does not hold');
  const large = [
    { name: 'images.npy', bytes: encodeNpy(new Uint8Array(12 * 400), [12, 20, 20]) },
    FILES[1]!,
  ];
  const damaged = Buffer.from(zip(large));
  damaged[4000]! ^= 1;
  await writeFile(file, damaged);
  const { images } = await open(file);
  await expect(images[0]!.read(0, 12)).rejects.toThrow(
    'images.npy is damaged: its sum does not hold; expected a whole archive',
  );
});

const SCRIPT = `
import numpy
random = numpy.random.default_rng(5)
arrays = {}
for kind in ['f2', 'f4', 'f8', '>f8', 'i1', 'u1', '>i2', 'u2', 'i4', '>u4', 'i8', '>u8', '?']:
    for axes in range(4):
        values = numpy.abs(random.normal(size=random.integers(1, 30, axes)) * 50).astype(kind)
        name = kind.replace('>', 'big_').replace('?', 'b1')
        arrays[f'{name}_{axes}'] = values
        arrays[f'{name}_{axes}_fortran'] = numpy.asfortranarray(values)
big = random.normal(size=(300, 40, 40))
others = {'texts': numpy.array(['µ', 'Zürich', '']), 'bytes': numpy.array([b'V1', b'V4']), 'object': numpy.array([{}], dtype=object)}
numpy.savez('stored', big=big, **arrays, **others)
numpy.savez_compressed('deflated', big=big, **arrays, **others)
for name, array in {**arrays, 'big': big}.items():
    order = 'F' if name.endswith('fortran') and not array.flags.c_contiguous else 'C'
    array.ravel(order=order).astype('<f8').tofile(name)
`;

testWith(PYTHON)('arrays of numpy.savez are read bit for bit, stored or compressed', async () => {
  const folder = await temporaryFolder();
  execFileSync(PYTHON.python, ['-c', SCRIPT], { cwd: folder });
  for (const name of ['stored.npz', 'deflated.npz']) {
    const tree = (await openFileTree(path.join(folder, name)))!;
    onTestFinished(() => tree.close());
    let compared = 0;
    for (const file of tree.names) {
      const own = file.replace('.npy', '');
      const found = await openNpy(own, await tree.bytes(file));
      if ('array' in found) {
        const { shape, read } = found.array;
        const count = shape.reduce((product, size) => product * size, 1);
        const written = await readFile(path.join(folder, own));
        const values = Float64Array.from(await read(0, count));
        expect(Buffer.from(values.buffer).equals(written), own).toBe(true);
        compared++;
      } else if ('texts' in found) {
        const texts = { texts: ['µ', 'Zürich', ''], bytes: ['V1', 'V4'] };
        expect(found.texts.values).toEqual(texts[own as keyof typeof texts]);
      } else {
        expect(found.note).toBe("object has the type '|O', and is not read.");
      }
    }
    expect(compared).toBe(13 * 4 * 2 + 1);
  }
});
