import { expect, test } from 'vitest';
import { closingLines } from './skipped-reporter.js';

test('a run ends with each skipped test under its file and reason, and the counts', () => {
  const lines = closingLines([
    { file: 'a.test.ts', name: 'one', state: 'skipped', note: 'no GPU' },
    { file: 'a.test.ts', name: 'two', state: 'passed', note: undefined },
    { file: 'a.test.ts', name: 'three', state: 'skipped', note: 'no GPU' },
    { file: 'b.test.ts', name: 'four', state: 'skipped', note: undefined },
    { file: 'b.test.ts', name: 'five', state: 'failed', note: undefined },
  ]);
  expect(lines).toEqual([
    'skipped: 2 tests of a.test.ts - no GPU',
    '  one',
    '  three',
    'skipped: 1 test of b.test.ts - no reason given',
    '  four',
    'tests: 1 passed, 1 failed, 3 skipped',
  ]);
});
