import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { InferenceSession as Session } from 'onnxruntime-node';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { loadOnnxruntime } from '../../../src/inference/onnx/onnxruntime.js';
import { createSessions } from '../../../src/inference/onnx/sessions.js';
import { encodeChoosableSite } from '../../../src/inference/onnx/site-graph.js';
import { createProcessEngine } from '../../../src/inference/process-engine.js';
import { readVerified } from '../../../src/inference/verified-model.js';
import { readModel } from '../../../src/models/saved-model.js';
import { openBackend } from '../../../src/network/backends/open.js';
import { makeModel } from '../../../training/random-model/random-model-command.js';
import { processesOf, residentBytes } from '../../support/processes.js';
import { sharedFolder } from '../../support/store.js';

const ENTRY = fileURLToPath(
  new URL('../../../dist/src/inference/inference-worker.js', import.meta.url),
);
const DEMO = fileURLToPath(new URL('../../../models/demo/1', import.meta.url));

const folder = sharedFolder();

test('every session of a model is released with the model', async () => {
  const onnxruntime = await loadOnnxruntime();
  const { InferenceSession } = onnxruntime;
  const { digest } = await readModel(DEMO);
  const { card, members } = await readVerified(DEMO, digest);
  const make = InferenceSession.create.bind(InferenceSession) as (
    graph: Uint8Array,
    options: Session.SessionOptions,
  ) => Promise<Session>;
  const releases: (() => Promise<void>)[] = [];
  const spy = vi.spyOn(InferenceSession, 'create').mockImplementation((async (
    graph: Uint8Array,
    options: Session.SessionOptions,
  ) => {
    const session = await make(graph, options);
    releases.push(vi.spyOn(session, 'release'));
    return session;
  }) as typeof InferenceSession.create);
  try {
    const sessions = createSessions(onnxruntime);
    for (const key of ['a', 'b', 'a']) {
      await sessions.load(key, encodeChoosableSite({ card, members, groups: [[0, 1]] }));
      await sessions.unload(key);
    }
    expect(releases).toHaveLength(3);
    for (const release of releases) expect(release).toHaveBeenCalledOnce();
  } finally {
    spy.mockRestore();
  }
});

test('the inference process does not grow when models are loaded and unloaded many times', async () => {
  await openBackend('wasm');
  const options = { architecture: 'rf_cnn', neurons: 64, out: `${folder}/site`, seed: 1 } as const;
  const model = await makeModel(options);
  const { size } = await stat(`${model.folder}/weights.safetensors`);
  const engine = await createProcessEngine({
    choice: { engine: 'onnx', threads: 2 },
    logger: pino({ level: 'silent' }),
    entry: ENTRY,
  });
  try {
    const [id] = processesOf(ENTRY);
    const cycles = async (count: number) => {
      for (let i = 0; i < count; i++) {
        await engine.load(model.folder, model.digest);
        await engine.unload(model.digest);
      }
      return residentBytes(id!);
    };
    const before = await cycles(5);
    const after = await cycles(20);
    // A leak in one of twenty loads would be more.
    expect((after - before) / size).toBeLessThan(10);
  } finally {
    await engine.close();
  }
});
