import { writeFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeAll, expect, test } from 'vitest';
import {
  DrainingError,
  EngineLostError,
  ModelLostError,
  QueueFullError,
} from '../../src/errors.js';
import type { Interpreter } from '../../src/interpret/interpreter.js';
import {
  createProcessInterpreter,
  type ProcessInterpreterOptions,
} from '../../src/interpret/process-interpreter.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { openBackend } from '../../src/network/backends/open.js';
import { processesOf } from '../support/processes.js';
import { SMALLEST_SIDE, saveRandomModel } from '../support/saved-models.js';
import { sharedFolder } from '../support/store.js';

const ENTRY = fileURLToPath(
  new URL('../../dist/src/interpret/interpret-worker.js', import.meta.url),
);
const stimuli = {
  count: 2,
  height: SMALLEST_SIDE,
  width: SMALLEST_SIDE,
  channels: 1 as const,
  pixels: new Float32Array(2 * SMALLEST_SIDE ** 2).fill(128 / 255),
};
const neurons = Int32Array.of(0, 1, 2, 3);

const models = sharedFolder();
let model = { name: 'random', version: 1, digest: '' };
/** Responses to the blank, by neuron. */
let golden: number[] = [];
let interpreter: Interpreter | undefined;

beforeAll(async () => {
  await openBackend('wasm');
  const { digest, card } = await saveRandomModel(models, 'random');
  model = { ...model, digest };
  golden = card.golden.responses[0]!;
});
afterEach(async () => {
  await interpreter?.close();
  expect(processesOf(ENTRY)).toEqual([]);
});

function open(options: Partial<ProcessInterpreterOptions> = {}): Interpreter {
  const logger = pino({ level: 'silent' });
  interpreter = createProcessInterpreter({
    backend: 'wasm',
    models: createFolderSource(models),
    logger,
    entry: ENTRY,
    ...options,
  });
  return interpreter;
}

const send = (interpreter: Interpreter) => interpreter.interpret({ model, stimuli, neurons });

test('a process starts with the first request at the lowest priority and ends with the last', async () => {
  const interpreter = open();
  expect(processesOf(ENTRY)).toEqual([]);
  const { responses } = await send(interpreter);
  expect([...responses.slice(0, 4)]).toEqual(golden.map(Math.fround));
  const [pid, ...others] = processesOf(ENTRY);
  expect(others).toEqual([]);
  expect(getPriority(pid)).toBe(19);
  const { gradient } = await interpreter.gradient({ model, stimuli, neuron: 2 });
  expect(gradient).toHaveLength(stimuli.pixels.length);
  expect(processesOf(ENTRY)).toEqual([pid]);
});

test('an idle process ends, and the next request starts another', async () => {
  const interpreter = open({ idleMs: 1 });
  for (let i = 0; i < 2; i++) {
    await send(interpreter);
    await expect.poll(() => processesOf(ENTRY)).toEqual([]);
  }
});

test('requests that a process had when it was killed are answered by the next process', async () => {
  const interpreter = open();
  await send(interpreter);
  const [pid] = processesOf(ENTRY);
  const asked = Array.from({ length: 20 }, () => send(interpreter));
  process.kill(pid!, 'SIGKILL');
  for (const { responses } of await Promise.all(asked)) {
    expect([...responses.slice(0, 4)]).toEqual(golden.map(Math.fround));
  }
  expect(processesOf(ENTRY)).not.toContain(pid);
});

test('a process that dies of every request is not restarted for ever', async () => {
  const dying = path.join(models, 'dying.mjs');
  await writeFile(dying, "process.on('message', () => process.exit(3));");
  const interpreter = open({ entry: dying });
  await expect(send(interpreter)).rejects.toThrow(EngineLostError);
  await expect(send(interpreter)).rejects.toThrow(
    'the process that computes gradients and attention ended (exit code 3), for the second time ' +
      'while computing this; send it again',
  );
});

test('files that differ from those of the served model are reported', async () => {
  const interpreter = open();
  const gone = { ...model, digest: '0'.repeat(64) };
  const asked = interpreter.interpret({ model: gone, stimuli, neurons });
  await expect(asked).rejects.toThrow(ModelLostError);
  await expect(asked).rejects.toThrow('card.json changed');
  await send(interpreter);
});

test('no more than 64 requests wait, and none after closing', async () => {
  const interpreter = open();
  const asked = Array.from({ length: 65 }, () => send(interpreter));
  await expect(asked.at(-1)).rejects.toThrow(QueueFullError);
  await Promise.all(asked.slice(0, -1));
  await send(interpreter);
  await interpreter.close();
  await expect(send(interpreter)).rejects.toThrow(DrainingError);
});
