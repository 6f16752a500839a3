import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mapConcurrently } from '../../src/files/map-concurrently.js';

test('each item has its result, and no more than so many tasks run at the same time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 30 }),
      fc.integer({ min: 1, max: 8 }),
      async (turns, most) => {
        let running = 0;
        let highest = 0;
        const results = await mapConcurrently([...turns.entries()], most, async ([index, wait]) => {
          running += 1;
          highest = Math.max(highest, running);
          for (let turn = 0; turn < wait; turn++) await setImmediate();
          running -= 1;
          return index;
        });
        expect(results).toEqual([...turns.keys()]);
        expect(highest).toBe(Math.min(most, turns.length));
      },
    ),
    { numRuns: 50 },
  );
});

test('the first failure is reported', async () => {
  const failing = mapConcurrently([1, 2, 3], 2, async (item) => {
    if (item === 2) throw new Error('no 2');
    return item;
  });
  await expect(failing).rejects.toThrow('no 2');
});
