import { expect, test } from 'vitest';
import { StoreFullError } from '../../src/errors.js';
import { createDataRoom } from '../../src/storage/data-room.js';

/** A room of 100 bytes. A dataset takes some of them; the test counts how often it is measured. */
function open(bytes: number) {
  const state = { bytes, now: 0, measured: 0 };
  const datasets = {
    async measureAll() {
      state.measured += 1;
      return state.bytes;
    },
  };
  const room = createDataRoom({ list: async () => [] }, datasets, 100, () => state.now);
  return { room, state };
}

test('more bytes than there is room for are rejected', async () => {
  const { room } = open(60);
  await room.check(40);
  await expect(room.check(41)).rejects.toThrow(StoreFullError);
  await expect(room.check(101)).rejects.toMatchObject({ status: 413 });
});

test('a few bytes that come often are counted, and measured at intervals and before they are rejected', async () => {
  const { room, state } = open(60);
  await room.checkOften(15);
  await room.checkOften(15);
  expect(state.measured).toBe(1);
  state.bytes = 90; // what came, is stored
  await room.checkOften(10);
  expect(state.measured).toBe(1);
  await expect(room.checkOften(20)).rejects.toThrow(StoreFullError);
  expect(state.measured).toBe(2);
  state.bytes = 10; // a dataset is deleted
  await room.checkOften(20);
  expect(state.measured).toBe(3);
  state.now = 10_000;
  await room.checkOften(1);
  expect(state.measured).toBe(4);
});
