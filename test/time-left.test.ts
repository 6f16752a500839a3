import { expect, test } from 'vitest';
import { createTimeLeft } from '../src/time-left.js';

function timeLeft() {
  const time = { now: 5000 };
  return { time, left: createTimeLeft(() => time.now) };
}

test('the time left is unknown before the first step', () => {
  const { time, left } = timeLeft();
  expect(left.seconds()).toBeNull();
  time.now += 1000;
  left.update(0, 10);
  expect(left.seconds()).toBeNull();
});

test('between two updates the time left counts down and never up', () => {
  const { time, left } = timeLeft();
  time.now += 2000;
  left.update(1, 10);
  expect(left.seconds()).toBe(18);
  time.now += 1500;
  expect(left.seconds()).toBe(17);
  time.now += 10_000;
  expect(left.seconds()).toBe(7);
});

test('a job that makes no steps for longer than expected has no time left to report', () => {
  const { time, left } = timeLeft();
  time.now += 1000;
  left.update(1, 3);
  time.now += 2001;
  expect(left.seconds()).toBeNull();
  left.update(2, 3);
  expect(left.seconds()).toBe(2);
});

test('the time left follows the speed of the last half minute', () => {
  const { time, left } = timeLeft();
  for (let done = 1; done <= 100; done++) {
    time.now += 1000;
    left.update(done, 1000);
  }
  expect(left.seconds()).toBe(900);
  for (let done = 101; done <= 200; done++) {
    time.now += 3000;
    left.update(done, 1000);
  }
  expect(left.seconds()).toBe(2400);
});

test('a finished job has no time left', () => {
  const { time, left } = timeLeft();
  time.now += 1000;
  left.update(4, 4);
  time.now += 9000;
  expect(left.seconds()).toBe(0);
});
