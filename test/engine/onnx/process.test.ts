import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../../src/engine/engine.js';
import { createProcessEngine } from '../../../src/engine/process/process-engine.js';
import { readModel, type SavedModel } from '../../../src/model/saved-model.js';

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

function inferenceProcess(): number {
  const id = readdirSync('/proc').find((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const status = readFileSync(`/proc/${name}/stat`, 'utf8');
      const parent = Number(status.slice(status.lastIndexOf(')')).split(' ')[2]);
      return (
        parent === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(ENTRY)
      );
    } catch {
      return false; // it has ended meanwhile
    }
  });
  return Number(id);
}

test('the threads work in the inference process, and answer the same after it was killed', async () => {
  expect(engine.description).toEqual({ name: 'onnx', device: '2 CPU threads' });
  const before = await ask();
  expect(before).toHaveLength(demo.card.neurons.length);
  process.kill(inferenceProcess(), 'SIGKILL');
  await expect.poll(() => ask().catch(() => undefined)).toEqual(before);
});

test('native TensorFlow is not even loaded where onnxruntime computes', () => {
  const maps = readFileSync(`/proc/${inferenceProcess()}/maps`, 'utf8');
  expect(maps).toContain('libonnxruntime');
  expect(maps).not.toContain('libtensorflow');
});
