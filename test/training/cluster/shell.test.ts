import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoteAll } from '../../../training/cluster/shell.js';

test('a shell takes quoted words as they are', () => {
  const word = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({
      unit: fc.constantFrom("'", '"', '\\', '$', '`', ' ', '\n', '!', '*', '~', '{a,b}'),
    }),
  );
  const words = fc.array(
    word.filter((text) => !text.includes('\0')),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(words, (given) => {
      const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${quoteAll(given)}`], {
        encoding: 'utf8',
      });
      expect(stdout.split('\0').slice(0, -1)).toEqual(given);
    }),
    { numRuns: 50 },
  );
});

test('plain words stay readable', () => {
  expect(quoteAll(['--out', 'models/v4.1', "it's", ''])).toBe(`--out models/v4.1 'it'\\''s' ''`);
});
