import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, EngineRequest } from '../../../src/inference/engine.js';
import { loadAddon } from '../../../src/inference/kernels/addon.js';
import { createProcessEngine } from '../../../src/inference/process-engine.js';
import { createScheduler } from '../../../src/inference/scheduler.js';
import { readModel, type SavedModel } from '../../../src/models/saved-model.js';
import { kernelAddon } from '../../support/capabilities.js';
import { processesOf } from '../../support/processes.js';

const ENTRY = fileURLToPath(
  new URL('../../../dist/src/inference/inference-worker.js', import.meta.url),
);

let demo: SavedModel;
let engine: Engine;

beforeAll(async () => {
  demo = await readModel(fileURLToPath(new URL('../../../models/demo/1', import.meta.url)));
  engine = await createProcessEngine({
    choice: { engine: 'onnx', threads: 2 },
    logger: pino({ level: 'silent' }),
    entry: ENTRY,
    kernels: kernelAddon().file,
  });
  await engine.load(demo.folder, demo.digest);
});
afterAll(async () => {
  await engine.close();
});

/** One uniform image for all neurons. */
function request(gray = 0.5): EngineRequest {
  const { height, width } = demo.card.stimulus;
  const pixels = new Float32Array(height * width).fill(gray);
  const neurons = Int32Array.from(demo.card.neurons.keys());
  return {
    digest: demo.digest,
    stimuli: { count: 1, height, width, channels: 1, pixels },
    neurons,
  };
}

const send = () => engine.respond(request());

test('the threads run in the inference process and respond the same after it was killed', async () => {
  const instructions = loadAddon(kernelAddon().file)?.instructions;
  const device = `2 CPU threads${instructions ? `, kernels for ${instructions}` : ''}`;
  expect(engine.description).toEqual({ name: 'onnx', device, precision: 'float32' });
  const before = await send();
  expect(before).toHaveLength(demo.card.neurons.length);
  process.kill(processesOf(ENTRY)[0]!, 'SIGKILL');
  await expect.poll(() => send().catch(() => undefined)).toEqual(before);
});

test('an inference process that is killed under load restarts, and every accepted request is answered', async () => {
  const scheduler = createScheduler({
    engine,
    capacity: 1000,
    chunk: 8,
    sweepMilliseconds: 20,
    clock: () => performance.now(),
  });
  const grays = Array.from({ length: 400 }, (_, i) => i / 400);
  const expected: Float32Array[] = [];
  for (const gray of grays) expected.push(await engine.respond(request(gray)));
  let answered = 0;
  const answers = grays.map(async (gray, i) => {
    const priority = i % 2 === 0 ? 'prediction' : 'sweep';
    const { values } = await scheduler.respond({ ...request(gray), priority });
    answered += 1;
    if (answered === 100) process.kill(processesOf(ENTRY)[0]!, 'SIGKILL');
    return values;
  });
  expect(await Promise.all(answers)).toEqual(expected);
  expect(answered).toBe(grays.length);
});

test('onnxruntime is loaded where there are no kernels alone, and native TensorFlow never', () => {
  const maps = readFileSync(`/proc/${processesOf(ENTRY)[0]!}/maps`, 'utf8');
  expect(maps.includes('libonnxruntime')).toBe(loadAddon(kernelAddon().file) === undefined);
  expect(maps).not.toContain('libtensorflow');
});
