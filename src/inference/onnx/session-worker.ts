import { parentPort } from 'node:worker_threads';
import { loadOnnxruntime } from './onnxruntime.js';
import { createSessions } from './sessions.js';
import type { Order, Outcome } from './worker-pool.js';

// One thread of the crew: sessions that are asked by messages, and answer in order.

const sessions = createSessions(await loadOnnxruntime());
let line: Promise<void> = Promise.resolve();

parentPort?.on('message', (order: Order) => {
  line = line.then(async () => parentPort?.postMessage(await outcomeOf(order)));
});

async function outcomeOf(order: Order): Promise<Outcome> {
  try {
    return { ok: true, values: await perform(order) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

async function perform(order: Order): Promise<Float32Array | undefined> {
  switch (order.kind) {
    case 'load':
      await sessions.load(order.key, order.graph);
      return undefined;
    case 'unload':
      await sessions.unload(order.key);
      return undefined;
    case 'run':
      return await sessions.run(order.batch);
  }
}
