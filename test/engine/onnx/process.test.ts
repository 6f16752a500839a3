import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { createProcessEngine } from '../../../src/engine/process/process-engine.js';
import { readModel, type SavedModel } from '../../../src/model/saved-model.js';
import { processesOf } from '../../support/processes.js';

const ENTRY = fileURLToPath(
  new URL('../../../dist/src/engine/process/inference.js', import.meta.url),
);

let demo: SavedModel;
let engine: Engine;

beforeAll(async () => {
  demo = await readModel(fileURLToPath(new URL('../../../models/demo/1', import.meta.url)));
  engine = await createProcessEngine({
    choice: { engine: 'onnx', threads: 2 },
    logger: pino({ level: 'silent' }),
    entry: ENTRY,
  });
  await engine.load(demo.folder, demo.digest);
});
afterAll(async () => {
  await engine.close();
});

function ask(): Promise<Float32Array> {
  const { height, width } = demo.card.stimulus;
  const pixels = new Float32Array(height * width).fill(0.5);
  const neurons = Int32Array.from(demo.card.neurons.keys());
  return engine.respond({
    digest: demo.digest,
    stimuli: { count: 1, height, width, pixels },
    neurons,
  });
}

test('the threads work in the inference process, and answer the same after it was killed', async () => {
  expect(engine.description).toEqual({ name: 'onnx', device: '2 CPU threads' });
  const before = await ask();
  expect(before).toHaveLength(demo.card.neurons.length);
  process.kill(processesOf(ENTRY)[0]!, 'SIGKILL');
  await expect.poll(() => ask().catch(() => undefined)).toEqual(before);
});

test('native TensorFlow is not even loaded where onnxruntime computes', () => {
  const maps = readFileSync(`/proc/${processesOf(ENTRY)[0]!}/maps`, 'utf8');
  expect(maps).toContain('libonnxruntime');
  expect(maps).not.toContain('libtensorflow');
});
