import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKENDS } from '../../../src/network/backends/index.js';
import {
  chunkFor,
  currentMemory,
  type Memory,
  splitIntoChunks,
  type TrainingRoom,
} from '../../../training/run/chunk.js';
import { checkDisk, diskNeeded, freeDisk } from '../../../training/run/disk.js';

const MEMORY: Memory = { free: 6e9, limit: undefined, used: 1e9, gpu: () => 80e9 };
const CPU: TrainingRoom = { isGpu: false, bufferBytes: undefined, largestTensor: undefined };
const GPU: TrainingRoom = { ...CPU, isGpu: true };

/** 150 MB for each neuron, for batches of 50 images of 50x50 pixels. */
const chunk = (backend: TrainingRoom, memory: Partial<Memory> = {}) =>
  chunkFor(backend, 50, 2500, { ...MEMORY, ...memory });

test('as many neurons are trained together as fit into half of the memory, at least one', () => {
  expect(chunk(CPU)).toBe(20);
  expect(chunkFor(CPU, 50, 625, MEMORY)).toBe(80);
  expect(chunk(CPU, { free: 1e6 })).toBe(1);
  expect(chunk(CPU, { free: 1e15 })).toBe(512);
});

test('the limit of a container counts as memory, minus what is used, and a missing one is ignored', () => {
  expect(chunk(CPU, { limit: 4e9 })).toBe(10);
  expect(chunk(CPU, { limit: 2 ** 64 })).toBe(20);
  expect(chunk(CPU, { limit: 0 })).toBe(20);
  expect(chunk(CPU, { limit: 5e8 })).toBe(1);
});

test('on a GPU its memory counts, or 8 GB when unknown, and elsewhere 1 GB of buffers', () => {
  expect(chunk(GPU)).toBe(266);
  expect(chunk(GPU, { gpu: () => undefined })).toBe(26);
  expect(chunk({ ...CPU, bufferBytes: BACKENDS.wasm.bufferBytes })).toBe(6);
});

test('a tensor of all neurons that are trained together fits into one buffer', () => {
  expect(chunk({ ...GPU, largestTensor: 2 ** 31 })).toBe(134);
  expect(chunk({ ...GPU, largestTensor: 1e6 })).toBe(1);
  expect(chunk({ ...GPU, largestTensor: 2 ** 34 })).toBe(266);
});

test('this machine has memory', () => {
  const { free, used } = currentMemory();
  expect(free).toBeGreaterThan(0);
  expect(used).toBeGreaterThan(0);
});

test('the chunks are the neurons in order, all but the last full', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), (neurons, size) => {
      const chunks = splitIntoChunks(neurons, size);
      expect(chunks.flat()).toEqual(neurons);
      expect(chunks.slice(0, -1).every(({ length }) => length === size)).toBe(true);
      expect(chunks.every(({ length }) => length > 0 && length <= size)).toBe(true);
    }),
  );
});

test('training needs disk for its models and twice for the largest checkpoint', () => {
  const small = { neurons: 10, chunk: 4, parameters: 1000 };
  const large = { neurons: 10, chunk: 4, parameters: 3000 };
  const beside = 2 ** 20;
  const model = (parameters: number) => 4 * 10 * parameters + beside;
  expect(diskNeeded([small, large])).toBe(
    model(1000) + model(3000) + (model(3000) + 2 * 4 * 4 * 4 * 3000),
  );
  checkDisk('models/a', 5e6, 5e6);
  expect(() => checkDisk('models/a', 5e6, 4.2e6)).toThrow(
    'models/a: the training writes up to 5 MB, and 4 MB are free there: make room',
  );
});

test('the free disk of a folder that does not exist is that of its nearest parent', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-room-'));
  expect(await freeDisk(path.join(folder, 'a', 'b'))).toBeGreaterThan(0);
  await rm(folder, { recursive: true });
});
