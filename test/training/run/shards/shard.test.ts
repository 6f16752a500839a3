import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  neuronsOfShard,
  parseShard,
  shardFolder,
  shardOfJob,
} from '../../../../training/run/shards/shard.js';

test('the shards of a site are its neurons in order, each once, in nearly equal numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 50 }), (neurons, n) => {
      const of = Math.min(n, neurons);
      const ids = Array.from({ length: neurons }, (_, i) => 3 * i);
      const shares = Array.from({ length: of }, (_, index) => neuronsOfShard(ids, { index, of }));
      expect(shares.flat()).toEqual(ids);
      const sizes = shares.map(({ length }) => length);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
    }),
  );
  expect(() => neuronsOfShard([0, 1, 2], { index: 0, of: 4 })).toThrow(
    'shard 0/4: there are 3 neurons, which make at most as many shares',
  );
});

test('a shard is parsed from i/n', () => {
  expect(parseShard('2/4', '--shard')).toEqual({ index: 2, of: 4 });
  for (const text of ['4/4', '1/0', '-1/4', '1', '1/4/4', 'a/b', '']) {
    expect(() => parseShard(text, '--shard')).toThrow(`--shard ${text}: it is i/n, share i of n`);
  }
});

test('a Kubernetes job gives its shard completely or not at all', () => {
  expect(shardOfJob({})).toBeUndefined();
  expect(shardOfJob({ JOB_COMPLETIONS: '4' })).toBeUndefined();
  expect(shardOfJob({ JOB_COMPLETION_INDEX: '3', JOB_COMPLETIONS: '4' })).toEqual({
    index: 3,
    of: 4,
  });
  expect(() => shardOfJob({ JOB_COMPLETION_INDEX: '3' })).toThrow(
    'JOB_COMPLETION_INDEX is 3 and JOB_COMPLETIONS is not set',
  );
  expect(() => shardOfJob({ JOB_COMPLETION_INDEX: '4', JOB_COMPLETIONS: '4' })).toThrow(
    'JOB_COMPLETION_INDEX/JOB_COMPLETIONS 4/4: it is i/n',
  );
});

test('a shard is stored next to the model, in a folder that is not a version', () => {
  expect(shardFolder('models/a', { index: 0, of: 2 })).toBe('models/a.shards/0-of-2');
  expect(shardFolder('/models/a/', { index: 2, of: 4 })).toBe('/models/a.shards/2-of-4');
});
