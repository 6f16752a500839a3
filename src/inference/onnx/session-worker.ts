import { collectGarbage } from '../../workers/collect-garbage.js';
import { connectToService } from '../../workers/connect-to-service.js';
import { inOrder } from '../../workers/in-order.js';
import type { ImportedInput } from './imported/network-session.js';
import { loadOnnxruntime } from './onnxruntime.js';
import { createSessions } from './sessions.js';

// One thread of the WorkerPool, with sessions of its own.

const sessions = createSessions(await loadOnnxruntime());
connectToService(
  inOrder({
    ...sessions,
    async load(key: string, graph: Uint8Array, imported?: ImportedInput) {
      await sessions.load(key, graph, imported);
      collectGarbage();
    },
  }),
);
