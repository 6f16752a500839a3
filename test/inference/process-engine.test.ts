import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EngineLostError, ModelLostError } from '../../src/errors.js';
import type { Engine } from '../../src/inference/engine.js';
import { createProcessEngine } from '../../src/inference/process-engine.js';
import { readModel, type SavedModel } from '../../src/models/saved-model.js';
import { processesOf } from '../support/processes.js';
import { SMALLEST_SIDE, saveConstantModel } from '../support/saved-models.js';
import { sharedFolder } from '../support/store.js';

const ENTRY = fileURLToPath(
  new URL('../../dist/src/inference/inference-worker.js', import.meta.url),
);

const folder = sharedFolder();
let model: SavedModel;
let engine: Engine;
let restarts = 0;
const lost: string[] = [];
const log: { msg: string; requests?: string[] }[] = [];

beforeAll(async () => {
  await saveConstantModel(folder, 'constant');
  model = await readModel(`${folder}/constant/1`);
  engine = await createProcessEngine({
    choice: { engine: 'wasm', threads: 1 },
    logger: pino({}, { write: (line: string) => log.push(JSON.parse(line)) }),
    onRestart: () => {
      restarts += 1;
    },
    onModelLost: (digest, reason) => lost.push(`${digest}: ${reason}`),
    entry: ENTRY,
  });
  await engine.load(model.folder, model.digest);
});
afterAll(() => engine.close());

function send(neurons = [0, 1, 2, 3], digest = model.digest): Promise<Float32Array> {
  const pixels = new Float32Array(SMALLEST_SIDE ** 2);
  const stimuli = {
    count: 1,
    height: SMALLEST_SIDE,
    width: SMALLEST_SIDE,
    channels: 1 as const,
    pixels,
  };
  const requestIds = ['request-1'];
  return engine.respond({ digest, stimuli, neurons: Int32Array.from(neurons), requestIds });
}

test('the engine responds from another process', async () => {
  expect([...(await send())]).toEqual([1, 2, 3, 4]);
  expect([...(await send([2, 0]))]).toEqual([3, 1]);
  expect(processesOf(ENTRY)).toHaveLength(1);
});

test('a model that cannot be used is rejected with its reason', async () => {
  await expect(engine.load(`${folder}/nothing/1`, 'a')).rejects.toThrow(
    'card.json is missing, or cannot be read',
  );
});

test('when the process is killed, running requests are returned, and it restarts with its models', async () => {
  const [pid] = processesOf(ENTRY);
  const asked = Array.from({ length: 50 }, () => send());
  process.kill(pid!, 'SIGKILL');
  const outcomes = await Promise.allSettled(asked);
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') expect([...outcome.value]).toEqual([1, 2, 3, 4]);
    else expect(outcome.reason).toBeInstanceOf(EngineLostError);
  }
  expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
  expect([...(await send())]).toEqual([1, 2, 3, 4]);
  expect(restarts).toBe(1);
  const killed = log.find(({ msg }) => msg === 'the inference process was killed (SIGKILL)');
  expect(killed?.requests).toContain('request-1');
  expect(processesOf(ENTRY)).not.toContain(pid);
});

async function loadSecond(): Promise<SavedModel> {
  await saveConstantModel(folder, 'second');
  const second = await readModel(`${folder}/second/1`);
  await engine.load(second.folder, second.digest);
  return second;
}

test('a model that is missing when the process restarts is reported, and the others are served', async () => {
  const second = await loadSecond();
  await rm(`${folder}/second`, { recursive: true });
  const before = restarts;
  process.kill(processesOf(ENTRY)[0]!, 'SIGKILL');
  await expect.poll(() => restarts).toBe(before + 1);
  expect([...(await send())]).toEqual([1, 2, 3, 4]);
  expect(lost).toEqual([`${second.digest}: card.json is missing, or cannot be read`]);
  await expect(send([0], second.digest)).rejects.toThrow(ModelLostError);
  await engine.unload(second.digest);
});

test('a model that was unloaded is not loaded when the process restarts', async () => {
  const second = await loadSecond();
  expect([...(await send([3], second.digest))]).toEqual([4]);
  const before = restarts;
  process.kill(processesOf(ENTRY)[0]!, 'SIGKILL');
  // The request is sent before or after the end of the process is known.
  await engine.unload(second.digest);
  await expect.poll(() => restarts).toBe(before + 1);
  expect([...(await send())]).toEqual([1, 2, 3, 4]);
  await expect(send([3], second.digest)).rejects.toThrow('is not loaded');
});
