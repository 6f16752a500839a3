import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../../src/formats/json.js';

const parse = (text: string) => parseJson(Buffer.from(text));

test('whatever JSON.stringify writes is read back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      expect(parse(text)).toEqual(JSON.parse(text));
    }),
  );
});

test('brackets and quotes inside texts do not count', () => {
  const brackets = '[{'.repeat(99);
  for (const before of ['', '"', '\\', '\\"', '""', '"\\\\"']) {
    const text = before + brackets;
    expect(parse(JSON.stringify([text]))).toEqual([text]);
    const deep = `[${JSON.stringify(`a${before}`)},${'['.repeat(64)}`;
    expect(() => parse(deep)).toThrow('nested deeper');
  }
});

test('at most 64 deep', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(JSON.stringify(parse(nested(64)))).toBe(nested(64));
  expect(() => parse(nested(65))).toThrow('the JSON is nested deeper than 64 at position 64');
  expect(() => parse('{"a":'.repeat(65))).toThrow('nested deeper than 64');
  // side by side is not deep
  expect(parse(`[${nested(63)},${nested(63)}]`)).toHaveLength(2);
});

test('at most a million arrays, objects and texts, however many numbers', () => {
  const million = '1000000 arrays, objects and texts';
  expect(parse(`[${'0,'.repeat(2_000_000)}0]`)).toHaveLength(2_000_001);
  expect(parse(`[${'[],'.repeat(999_998)}[]]`)).toHaveLength(999_999);
  for (const part of ['[],', '{},', '"",']) {
    expect(() => parse(`[${part.repeat(999_999)}${part.slice(0, -1)}]`)).toThrow(million);
  }
  expect(() => parse(`{${'"a":0,'.repeat(999_999)}"b":0}`)).toThrow(million);
});

test('at most 16 MiB', () => {
  const spaces = (length: number) => `${' '.repeat(length - 1)}1`;
  expect(parse(spaces(2 ** 24))).toBe(1);
  expect(() => parse(spaces(2 ** 24 + 1))).toThrow('the JSON is larger than 16777216 bytes');
});
