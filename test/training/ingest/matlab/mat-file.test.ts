import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { InputError } from '../../../../src/errors.js';
import { decodeNpy } from '../../../../src/formats/npy.js';
import { isMat4, openMatFile } from '../../../../training/ingest/matlab/mat-file.js';
import type { MatValue } from '../../../../training/ingest/matlab/values.js';
import { labFilePackages, testWith } from '../../../support/capabilities.js';
import { temporaryFolder } from '../../../support/store.js';
import { type Form, type Written, writeMat } from './mat-writer.js';

const PYTHON = labFilePackages();

async function openMat(file: string) {
  const mat = await openMatFile(file);
  onTestFinished(() => mat.close());
  return mat.variables;
}

/** A value as plain data, with its elements column-major. */
async function plain(value: MatValue): Promise<unknown> {
  const { kind, shape } = value;
  if (kind === 'numbers') {
    const count = shape.reduce((product, size) => product * size, 1);
    return { shape, element: value.element, values: [...(await value.read(0, count))] };
  }
  if (kind === 'text') return value.lines.join('\n');
  if (kind === 'cell') return Promise.all(value.items.map(plain));
  if (kind === 'unread') return value.what;
  const fields: [string, unknown][] = [];
  for (const [name, values] of value.fields) {
    fields.push([name, await Promise.all(values.map(plain))]);
  }
  return Object.fromEntries(fields);
}

const CLASSES = { f8: 6, f4: 7, i1: 8, u1: 9, i2: 10, u2: 11, i4: 12, u4: 13, i8: 14, u8: 15 };

const numbers: fc.Arbitrary<Written> = fc
  .record({
    element: fc.constantFrom(...(Object.keys(CLASSES) as (keyof typeof CLASSES)[])),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 4 }),
    seed: fc.nat(1000),
    isLogical: fc.boolean(),
    stored: fc.constantFrom(2, 3, 9),
  })
  .map(({ element, shape, seed, isLogical, stored }) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, (_, i) => (seed + 37 * i) % (isLogical ? 2 : 128));
    const flags = isLogical ? 2 : 0;
    return { kind: 'numbers', shape, type: CLASSES[element], stored, values, flags };
  });
const { value } = fc.letrec<{ value: Written }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    numbers,
    fc.record({
      kind: fc.constant('text' as const),
      text: fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `${text}.`),
      encoding: fc.constantFrom('utf8' as const, 'utf16' as const),
    }),
    fc.record({ kind: fc.constant('cell' as const), items: fc.array(tie('value')) }),
    fc.record({
      kind: fc.constant('struct' as const),
      fields: fc.dictionary(fc.stringMatching(/^[a-z]\w{0,8}$/), tie('value')),
    }),
  ),
}));

const form: fc.Arbitrary<Form> = fc.record({
  ...{ bigEndian: fc.boolean(), compressed: fc.boolean(), small: fc.boolean() },
});

function expected(given: Written): unknown {
  if (given.kind === 'text') return given.text;
  if (given.kind === 'object') throw new Error('an object has no content');
  if (given.kind === 'cell') return given.items.map(expected);
  if (given.kind === 'struct') {
    return Object.fromEntries(
      Object.entries(given.fields).map(([name, item]) => [name, [expected(item)]]),
    );
  }
  const element = given.flags
    ? 'b1'
    : Object.entries(CLASSES).find(([, n]) => n === given.type)?.[0];
  return { shape: given.shape, element, values: given.values };
}

test('what is written is read, in each byte order, compressed or not, with or without small elements', async () => {
  const file = path.join(await temporaryFolder(), 'x.mat');
  await fc.assert(
    fc.asyncProperty(value, numbers, form, async (first, second, chosen) => {
      await writeFile(file, writeMat({ first, second }, chosen));
      const variables = await openMat(file);
      expect([...variables.keys()]).toEqual(['first', 'second']);
      expect(await plain(variables.get('first')!)).toEqual(expected(first));
      expect(await plain(variables.get('second')!)).toEqual(expected(second));
    }),
    { numRuns: 200 },
  );
});

test.each([{ compressed: false }, { compressed: true }])(
  'a file that is cut off is rejected, or has the whole arrays before the cut: %j',
  async ({ compressed }) => {
    const file = path.join(await temporaryFolder(), 'x.mat');
    const values = Array.from({ length: 600 }, (_, i) => Math.sin(i));
    const array = { kind: 'numbers', shape: [20, 30], type: 6, stored: 9, values } as const;
    const struct = {
      kind: 'struct',
      fields: { array, text: { kind: 'text', text: 'a', encoding: 'utf8' } },
    } as const;
    const whole = writeMat({ array, struct }, { bigEndian: false, compressed, small: true });
    let rejected = 0;
    for (let length = 0; length < whole.length; length += 100) {
      await writeFile(file, whole.subarray(0, length));
      try {
        const variables = await openMat(file);
        for (const each of variables.values()) expect(await plain(each)).toEqual(expected(array));
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        rejected++;
      }
    }
    expect(rejected).toBe(Math.ceil(whole.length / 100));
  },
);

test('a file with other bytes in it is read or rejected, and never ends in another error', async () => {
  const file = path.join(await temporaryFolder(), 'x.mat');
  await fc.assert(
    fc.asyncProperty(value, form, fc.nat(), fc.nat(255), async (first, chosen, at, byte) => {
      const bytes = writeMat({ first }, chosen);
      bytes[128 + (at % (bytes.length - 128))] = byte;
      await writeFile(file, bytes);
      try {
        for (const each of (await openMat(file)).values()) await plain(each);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }),
    { numRuns: 500 },
  );
});

test('what is not read is named', async () => {
  const file = path.join(await temporaryFolder(), 'x.mat');
  const complex = {
    kind: 'numbers',
    shape: [1, 1],
    type: 6,
    stored: 9,
    values: [1],
    flags: 8,
  } as const;
  const form = { bigEndian: false, compressed: true, small: false };
  await writeFile(file, writeMat({ complex, table: { kind: 'object' } }, form));
  const variables = await openMat(file);
  expect(await plain(variables.get('complex')!)).toBe(
    'complex, and is not read: save real() of it',
  );
  expect(await plain(variables.get('table')!)).toBe(
    'an object of MATLAB, and is not read: save its numbers',
  );
});

const SCRIPT = `
import numpy, scipy.io
random = numpy.random.default_rng(7)
arrays = {}
for kind in ['f8', 'f4', 'i1', 'u1', 'i2', 'u2', 'i4', 'u4', 'i8', 'u8', '?']:
    for axes in [1, 2, 3, 4]:
        shape = random.integers(1, 7, axes)
        values = random.normal(size=shape) * 50
        arrays[f'{"b1" if kind == "?" else kind}_{axes}'] = numpy.abs(values).astype(kind) if kind[0] in 'u?' else values.astype(kind)
for name, array in arrays.items():
    numpy.save(name + '.npy', numpy.atleast_2d(array).ravel(order='F'))
cell = numpy.empty((2, 2), dtype=object)
cell[0, 0], cell[0, 1], cell[1, 0], cell[1, 1] = 'µ — Zürich', numpy.arange(3.0), '日本', {'a': {'b': 'deep'}, 'c': numpy.uint8([[7, 8]])}
others = {
    'cell': cell,
    'lines': numpy.array(['one', 'three', 'four']),
    'records': numpy.array([(1.5, 'x'), (2.5, 'yz')], dtype=[('number', 'f8'), ('name', 'O')]),
    'empty': numpy.zeros((0, 0)),
    'sparse': scipy.sparse.csc_matrix(numpy.eye(3)),
    'complex': numpy.array([1 + 2j]),
}
for compressed in [False, True]:
    scipy.io.savemat(f'{compressed}.mat', {**arrays, **others}, do_compression=compressed)
scipy.io.savemat('4.mat', {'images': numpy.arange(12.0).reshape(3, 4)}, format='4')
`;

testWith(PYTHON)('files of scipy hold the numbers that Python wrote, bit for bit', async () => {
  const folder = await temporaryFolder();
  execFileSync(PYTHON.python, ['-c', SCRIPT], { cwd: folder });
  for (const name of ['False.mat', 'True.mat']) {
    const variables = await openMat(path.join(folder, name));
    let compared = 0;
    for (const [key, array] of variables) {
      const [, element] = /^([biuf]\d)_\d$/.exec(key) ?? [];
      if (element === undefined) continue;
      const written = decodeNpy(await readFile(path.join(folder, `${key}.npy`)));
      expect(await plain(array), key).toMatchObject({ element, values: [...written.data] });
      compared++;
    }
    expect(compared).toBe(44);
    const one = (element: string, values: readonly number[]) => ({ element, values });
    expect(await plain(variables.get('cell')!)).toMatchObject([
      'µ — Zürich',
      '日本',
      one('f8', [0, 1, 2]),
      { a: [{ b: ['deep'] }], c: [one('u1', [7, 8])] },
    ]);
    expect(await plain(variables.get('lines')!)).toBe('one\nthree\nfour');
    expect(await plain(variables.get('records')!)).toMatchObject({
      number: [one('f8', [1.5]), one('f8', [2.5])],
      name: ['x', 'yz'],
    });
    expect(await plain(variables.get('empty')!)).toMatchObject({ shape: [0, 0], values: [] });
    expect(await plain(variables.get('sparse')!)).toMatch(/^sparse/);
    expect(await plain(variables.get('complex')!)).toMatch(/^complex/);
  }
  expect(isMat4(await readFile(path.join(folder, '4.mat')))).toBe(true);
  expect(isMat4(await readFile(path.join(folder, 'True.mat')))).toBe(false);
});
