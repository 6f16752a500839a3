import { connectToService } from '../../workers/connect-to-service.js';
import { inOrder } from '../../workers/in-order.js';
import { loadOnnxruntime } from './onnxruntime.js';
import { createSessions } from './sessions.js';

// One thread of the WorkerPool, with sessions of its own.

connectToService(inOrder(createSessions(await loadOnnxruntime())));
