import { collectGarbage } from '../../workers/collect-garbage.js';
import { connectToService } from '../../workers/connect-to-service.js';
import { inOrder } from '../../workers/in-order.js';
import { loadOnnxruntime } from './onnxruntime.js';
import type { Program } from './prepare-model.js';
import { createSessions } from './sessions.js';

// One thread of the WorkerPool, with sessions of its own.

const sessions = createSessions(await loadOnnxruntime());
connectToService(
  inOrder({
    ...sessions,
    async load(key: string, program: Program) {
      await sessions.load(key, program);
      collectGarbage();
    },
  }),
);
