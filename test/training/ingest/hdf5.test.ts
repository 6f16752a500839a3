import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeNpy } from '../../../src/formats/npy.js';
import type { Hdf5Dataset } from '../../../training/ingest/hdf5/nodes.js';
import type { Hdf5File } from '../../../training/ingest/hdf5/open-hdf5.js';
import { openHdf5 } from '../../../training/ingest/hdf5/open-hdf5.js';
import { findSuperblock } from '../../../training/ingest/hdf5/signature.js';
import { labFilePackages, testWith } from '../../support/capabilities.js';
import { processesOf } from '../../support/processes.js';
import { runPython } from '../../support/python.js';

const WORKER = 'dist/training/ingest/hdf5/hdf5-worker.js';
const ENTRY = fileURLToPath(new URL(`../../../${WORKER}`, import.meta.url));
const WRITER = fileURLToPath(new URL('write_hdf5.py', import.meta.url));
const python = labFilePackages();
const withPython = testWith(python);
const folder = mkdtempSync(path.join(tmpdir(), 'hdf5-'));
const at = (name: string) => path.join(folder, name);
let file: Hdf5File;

beforeAll(async () => {
  if (python.missing !== null) return;
  runPython(python.python, WRITER, folder);
  file = await openHdf5(at('plain.h5'), ENTRY);
}, 60_000);

afterAll(async () => {
  await file?.close();
  rmSync(folder, { recursive: true });
});

function dataset(name: string): Hdf5Dataset {
  const node = file.find(name);
  if (node?.kind !== 'dataset') throw new Error(`${name} is no dataset`);
  return node;
}

withPython.for([
  'numbers/float32',
  'numbers/float64',
  'numbers/big_endian_float32',
  'numbers/big_endian_int16',
  'numbers/float16',
  'numbers/int64',
  'numbers/uint64',
  'numbers/uint8',
  'numbers/int8',
  'numbers/uint16',
  'numbers/bool',
  'numbers/scalar',
  'numbers/enumeration',
  'numbers/empty',
  'gzip',
])('%s is read as Python wrote it', async (name) => {
  const own = dataset(`/${name}`);
  const { data, shape } = decodeNpy(readFileSync(at(`${path.basename(name)}.npy`)));
  expect(own.shape).toEqual(shape);
  expect(await file.numbers(own)).toEqual(data);
});

withPython('a part of an array is read by its place in each dimension', async () => {
  const { data } = decodeNpy(readFileSync(at('gzip.npy')));
  const part = await file.numbers(dataset('/gzip'), { start: [130, 7], count: [70, 9] });
  const expected = Array.from({ length: 70 * 9 }, (_, i) => {
    return data[(130 + Math.floor(i / 9)) * 31 + 7 + (i % 9)]!;
  });
  expect(part).toEqual(Float64Array.from(expected));
});

withPython('strings and references are read, and attributes with the objects', async () => {
  expect(await file.strings(dataset('/strings'))).toEqual(['a', 'bé', '']);
  expect(await file.strings(dataset('/fixed'))).toEqual(['abc', 'd']);
  expect(await file.references(dataset('/references'))).toEqual([
    '/numbers/float64',
    '/numbers',
    null,
  ]);
  expect(dataset('/compound').element).toBe('other');
  expect(file.find('/numbers')).toMatchObject({
    kind: 'group',
    attributes: {
      text: 'one',
      names: ['x', 'yy'],
      number: 2.5,
      counts: [1, 2],
      yes: 1,
      reference: '/strings',
    },
  });
});

withPython(
  'links are followed in any part of a path, and a group that holds itself ends',
  async () => {
    expect(file.find('/links/soft/float32')?.path).toBe('/numbers/float32');
    expect(file.find('/links/relative')?.path).toBe('/numbers/float32');
    expect(file.find('/links/broken')).toBeUndefined();
    expect(file.find('/links/loop')).toBeUndefined();
    expect(file.find('/links/external')).toEqual({
      kind: 'external-link',
      path: '/links/external',
      file: 'other.h5',
    });
    expect(file.children('/links')).toContain('/links/soft');
    expect(file.find('/links/itself/itself/soft/float32')?.path).toBe('/numbers/float32');
    expect(file.nodes.get('/links/itself')).toMatchObject({ kind: 'link', target: '/links' });
    expect(file.children('/links/itself')).toEqual([]);
  },
);

withPython('what cannot be read is rejected with what to do', async () => {
  await expect(file.numbers(dataset('/lzf'))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[InputError: /lzf is compressed with a filter that is not read: lzf; expected gzip, as new.create_dataset(name, data=old[name][:], compression='gzip') of h5py writes it]`,
  );
  await expect(file.numbers(dataset('/huge'))).rejects.toThrowErrorMatchingInlineSnapshot(
    `[InputError: element 0 of the array is 9007199254740993; expected 64-bit integers of at most 2^53 - 1]`,
  );
  const hidden = ({ message }: Error) => message.replaceAll(folder, 'FOLDER');
  const problem = async (name: string) =>
    hidden(
      await file.numbers(dataset(name)).then(
        () => new Error('read'),
        (error: Error) => error,
      ),
    );
  expect(await problem('/external')).toMatchInlineSnapshot(
    `"/external has its data in another file: FOLDER/secret.bin; expected all data in one file, as new[name] = old[name][:] of h5py writes them"`,
  );
  expect(await problem('/virtual')).toMatchInlineSnapshot(
    `"/virtual has its data in another file: FOLDER/other.h5; expected all data in one file, as new[name] = old[name][:] of h5py writes them"`,
  );
});

withPython('files begin after a user block too, and are of any version', async () => {
  for (const [name, offset, length] of [
    ['block512.h5', 512, 5],
    ['block2048.h5', 2048, 5],
    ['latest.h5', 0, 50_000],
  ] as const) {
    expect((await findSuperblock(at(name)))?.offset).toBe(offset);
    const other = await openHdf5(at(name), ENTRY);
    const node = other.find('/x') as Hdf5Dataset;
    expect(await other.numbers(node)).toEqual(Int32Array.from({ length }, (_, i) => i));
    await other.close();
  }
});

withPython('truncated files are rejected, of each version', async () => {
  for (const name of ['plain.h5', 'latest.h5', 'block512.h5']) {
    copyFileSync(at(name), at('short.h5'));
    truncateSync(at('short.h5'), readFileSync(at(name)).length - 100);
    await expect(openHdf5(at('short.h5'), ENTRY)).rejects.toThrow(
      /is truncated: \d+ bytes; expected/,
    );
  }
  expect(processesOf(WORKER)).toHaveLength(1);
});

withPython(
  'a damaged file is an error of one line, wherever it is damaged',
  async () => {
    const bytes = readFileSync(at('block512.h5'));
    const outcomes = new Set<string>();
    for (let place = 512; place < bytes.length; place += 300) {
      const damaged = Buffer.from(bytes);
      damaged.fill(0xff, place, place + 30);
      writeFileSync(at('damaged.h5'), damaged);
      try {
        const other = await openHdf5(at('damaged.h5'), ENTRY);
        await other.close();
        outcomes.add('opened');
      } catch (error) {
        expect(error).toMatchObject({ code: 'input' });
        expect((error as Error).message).not.toContain('\n');
        outcomes.add('rejected');
      }
    }
    expect(outcomes).toContain('rejected');
  },
  120_000,
);

withPython('a process that is killed is an error of one line; close ends the process', async () => {
  const before = new Set(processesOf(WORKER));
  const other = await openHdf5(at('plain.h5'), ENTRY);
  const [own] = processesOf(WORKER).filter((id) => !before.has(id));
  process.kill(own!, 'SIGSTOP'); // It answers nothing before it is killed.
  const reading = other.numbers(dataset('/gzip'));
  process.kill(own!, 'SIGKILL');
  await expect(reading).rejects.toThrow(
    /plain.h5 cannot be read: the process that reads HDF5 was killed \(SIGKILL\); expected/,
  );
  await other.close();
  expect(processesOf(WORKER)).toHaveLength(1);
});

withPython('no file stays open in this process', async () => {
  const before = readdirSync('/proc/self/fd').length;
  for (let i = 0; i < 3; i++) await (await openHdf5(at('block512.h5'), ENTRY)).close();
  expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before);
});

test('what is no HDF5 file is rejected before a process starts', async () => {
  writeFileSync(at('text.h5'), 'HDF5, by its name only');
  await expect(openHdf5(at('text.h5'), ENTRY)).rejects.toThrow('is not an HDF5 file; expected one');
  expect(await findSuperblock(folder)).toBeUndefined();
});
