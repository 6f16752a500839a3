import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  FIRST_OPTIONS,
  OPTION_RANGES,
  readOptions,
  searchBody,
  writeOptions,
} from '../../src/web/interpret/search-options.js';

test('default options are left out of the address', () => {
  expect(writeOptions(FIRST_OPTIONS)).toBe('');
  expect(readOptions('')).toEqual(FIRST_OPTIONS);
  expect(writeOptions({ ...FIRST_OPTIONS, steps: 100 })).toBe('{"steps":100}');
});

test('options are the same after writing and parsing', () => {
  const whole = ({ min, max }: { min: number; max: number }) => fc.integer({ min, max });
  const options = fc.record({
    restarts: whole(OPTION_RANGES.restarts),
    steps: whole(OPTION_RANGES.steps),
    blur: fc.double({ ...OPTION_RANGES.blur, noNaN: true }).map(Math.abs),
    seed: fc.maxSafeInteger(),
    norm: fc.option(fc.double({ min: 0.1, max: 100, noNaN: true })),
    stimulusSet: fc.string(),
  });
  fc.assert(
    fc.property(options, (each) => {
      expect(readOptions(writeOptions(each))).toEqual(each);
    }),
  );
});

test('an address that was cut off or edited gives a valid request', () => {
  const edited = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record(Object.fromEntries(Object.keys(FIRST_OPTIONS).map((name) => [name, fc.jsonValue()])))
      .map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(edited, (text) => {
      const { restarts, steps, blur, seed, norm } = readOptions(text);
      for (const [name, value] of Object.entries({ restarts, steps, blur })) {
        const { min, max } = OPTION_RANGES[name as keyof typeof OPTION_RANGES];
        expect(value).toBeGreaterThanOrEqual(min);
        expect(value).toBeLessThanOrEqual(max);
      }
      expect([restarts, steps, seed].every(Number.isSafeInteger)).toBe(true);
      expect(norm === null || norm > 0).toBe(true);
    }),
  );
  expect(readOptions('{"restarts":17,"steps":2.5,"norm":20000,"seed":"x"}')).toEqual(FIRST_OPTIONS);
});

test('the body has the neurons and leaves out options that the model decides', () => {
  const { norm, stimulusSet, ...numbers } = FIRST_OPTIONS;
  expect([norm, stimulusSet]).toEqual([null, '']);
  expect(searchBody(FIRST_OPTIONS, [3, 0])).toEqual({ neurons: [3, 0], ...numbers });
  expect(searchBody({ ...FIRST_OPTIONS, norm: 5, stimulusSet: 'd' }, [3])).toEqual({
    neurons: [3],
    ...numbers,
    norm: 5,
    stimulusSet: 'd',
  });
});
