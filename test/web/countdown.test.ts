import fc from 'fast-check';
import { expect, test } from 'vitest';
import { progressLabel } from '../../src/web/parts/progress-label.js';
import { createCountdown } from '../../src/web/state/countdown.js';

function countdown() {
  const time = { now: 1000 };
  return { time, left: createCountdown(() => time.now) };
}

test('estimates that vary by a fifth never count up', () => {
  const waver = fc.array(fc.double({ min: 0.8, max: 1.2, noNaN: true }), { minLength: 20 });
  fc.assert(
    fc.property(waver, (shares) => {
      const { time, left } = countdown();
      let presented = Number.POSITIVE_INFINITY;
      for (const [i, share] of shares.entries()) {
        time.now = 1000 * (i + 1);
        const now = left.show(Math.max(0, 60 - i) * share)!;
        expect(now).toBeLessThanOrEqual(presented);
        presented = now;
      }
    }),
  );
});

test('between two estimates the seconds count down', () => {
  const { time, left } = countdown();
  expect(left.show(20)).toBe(20);
  time.now += 7000;
  expect(left.show(20)).toBe(13);
});

test('work that has become much slower is shown with the new time', () => {
  const { time, left } = countdown();
  left.show(20);
  time.now += 1000;
  expect(left.show(90)).toBe(90);
});

test('without an estimate no time is shown', () => {
  const { left } = countdown();
  left.show(20);
  expect(left.show(null)).toBeNull();
});

test('progress as text has a time once it is known, and never 0 of 0', () => {
  const work = { doing: 'Searching', unit: 'steps', done: 1200, total: 4000, secondsLeft: 12.4 };
  expect(progressLabel(work)).toBe('Searching: 1,200 of 4,000 steps, about 12 s left');
  expect(progressLabel({ ...work, secondsLeft: null })).toBe('Searching: 1,200 of 4,000 steps');
  expect(progressLabel({ ...work, done: 0, total: 0 })).toBe('Searching: preparing');
});
