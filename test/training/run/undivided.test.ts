import { expect, test } from 'vitest';
import { InputError } from '../../../src/errors.js';
import { checkUndivided } from '../../../training/run/undivided.js';

test('neurons that share a core are trained together', () => {
  const check = (changes: object, neurons = 10) =>
    checkUndivided(
      { recipe: 'shared_core', shard: undefined, chunk: undefined, ...changes },
      neurons,
    );
  check({});
  check({ chunk: 10 });
  check({ recipe: 'ff_cnn', shard: { index: 0, of: 2 }, chunk: 3 });
  const expected =
    'is used with --recipe shared_core; expected it without: all neurons share one core';
  expect(() => check({ chunk: 9 })).toThrow(new InputError(`--chunk 9 ${expected}`));
  expect(() => check({ shards: 4 })).toThrow(new InputError(`--shards 4 ${expected}`));
  expect(() => check({ shard: { index: 1, of: 3 } })).toThrow(
    new InputError(`--shard 1/3 ${expected}`),
  );
});
