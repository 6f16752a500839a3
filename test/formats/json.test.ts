import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseAs, parseJson } from '../../src/formats/json.js';

const parse = (text: string) => parseJson(Buffer.from(text));

test('whatever JSON.stringify writes is parsed to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('brackets and quotes inside strings do not count towards the limits', () => {
  const brackets = '[{'.repeat(99);
  for (const before of ['', '"', '\\', '\\"', '""', '"\\\\"']) {
    const text = before + brackets;
    expect(parse(JSON.stringify([text]))).toEqual([text]);
    const deep = `[${JSON.stringify(`a${before}`)},${'['.repeat(64)}`;
    expect(() => parse(deep)).toThrow('nested deeper');
  }
});

test('JSON that is nested more than 64 deep is rejected', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(JSON.stringify(parse(nested(64)))).toBe(nested(64));
  expect(() => parse(nested(65))).toThrow('the JSON is nested deeper than 64 at position 64');
  expect(() => parse('{"a":'.repeat(65))).toThrow('nested deeper than 64');
  // Arrays next to each other are not deep.
  expect(parse(`[${nested(63)},${nested(63)}]`)).toHaveLength(2);
});

test('JSON may have at most 250,000 arrays, objects and strings, and any number of numbers', () => {
  const many = '250000 arrays, objects and texts';
  expect(parse(`[${'0,'.repeat(2_000_000)}0]`)).toHaveLength(2_000_001);
  expect(parse(`[${'[],'.repeat(249_998)}[]]`)).toHaveLength(249_999);
  for (const part of ['[],', '{},', '"",']) {
    expect(() => parse(`[${part.repeat(249_999)}${part.slice(0, -1)}]`)).toThrow(many);
  }
});

test('an object may have at most 1000 keys', () => {
  const object = (keys: number) =>
    JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, ':'])));
  expect(Object.keys(parse(object(1000)) as object)).toHaveLength(1000);
  expect(parse(`[${object(1000)},${object(1000)}]`)).toHaveLength(2);
  expect(() => parse(object(1001))).toThrow('more than 1000 keys at position');
  expect(() => parse(`{"a":${object(1001)}}`)).toThrow('more than 1000 keys');
});

test('a long list of wrong entries is rejected before its entries are checked', () => {
  const schema = z.strictObject({
    numbers: z.union([z.string(), z.array(z.int().min(0))]).optional(),
    lists: z.array(z.array(z.number())).optional(),
    objects: z.array(z.object({ a: z.number() })).optional(),
  });
  const wrong = (length: number) => Array.from({ length }, () => -1);
  expect(() => parseAs(schema, { numbers: wrong(20_001) }, '')).toThrow(
    'numbers: is a list of 20001; expected at most 20000 entries',
  );
  expect(() => parseAs(schema, { lists: [[], wrong(20_001)] }, '')).toThrow('lists[1]: is a list');
  expect(() => parseAs(schema, { objects: wrong(1001) }, '')).toThrow(
    'objects: is a list of 1001; expected at most 1000 entries',
  );
  expect(() => parseAs(schema, { numbers: wrong(20_000) }, '')).toThrow(
    'numbers[9]: is -1; expected at least 0; and 19990 more',
  );
});

test('a schema error is described with the value and what is expected', () => {
  const Thing = z.strictObject({
    orientation: z.number().min(-5).max(5).optional(),
    shape: z.enum(['round', 'square']).optional(),
    sizes: z.array(z.int()).min(1).optional(),
    list: z.union([z.array(z.int()), z.string()]).optional(),
    name: z.string().optional(),
  });
  const rejection = (value: unknown) => {
    try {
      return parseAs(Thing, value, '');
    } catch (error) {
      return String(error);
    }
  };
  expect([
    rejection({ orientation: 7 }),
    rejection({ orientation: 'up' }),
    rejection({ orientation: null }),
    rejection({ oreintation: 1 }),
    rejection({ angle: 1 }),
    rejection({ shape: 'sqare' }),
    rejection({ shape: 5 }),
    rejection({ sizes: [] }),
    rejection({ sizes: '' }),
    rejection({ sizes: [1.5] }),
    rejection({ list: {} }),
    rejection({ list: [1, 'x'] }),
    rejection({ name: ['a'] }),
    rejection('x'.repeat(99)),
  ]).toEqual([
    'InputError: orientation: is 7; expected at most 5',
    'InputError: orientation: is "up"; expected a number',
    'InputError: orientation: is null; expected a number',
    'InputError: the body: unknown key: "oreintation"; did you mean "orientation"? There are orientation, shape, sizes, list, name',
    'InputError: the body: unknown key: "angle"; expected one of orientation, shape, sizes, list, name',
    'InputError: shape: is "sqare"; expected one of "round", "square"; did you mean "square"?',
    'InputError: shape: is 5; expected one of "round", "square"',
    'InputError: sizes: is an empty list; expected at least 1 entry',
    'InputError: sizes: is ""; expected a list',
    'InputError: sizes[0]: is 1.5; expected a whole number',
    'InputError: list: is an object; expected a list or a text',
    'InputError: list[1]: is "x"; expected a number',
    'InputError: name: is a list of 1; expected a text',
    `InputError: the body: is "${'x'.repeat(40)}..."; expected an object`,
  ]);
});

test('a JSON body may have at most 16 MiB', () => {
  const spaces = (length: number) => `${' '.repeat(length - 1)}1`;
  expect(parse(spaces(2 ** 24))).toBe(1);
  expect(() => parse(spaces(2 ** 24 + 1))).toThrow('the JSON is larger than 16777216 bytes');
});
