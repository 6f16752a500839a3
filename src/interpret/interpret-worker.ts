import type { BackendName } from '../network/backends/index.js';
import { openBackend } from '../network/backends/open.js';
import { connectToService } from '../workers/connect-to-service.js';
import { inOrder } from '../workers/in-order.js';
import { lowerPriority } from '../workers/lower-priority.js';
import type { Inside } from './interpreter.js';
import { createTfjsInside } from './tfjs-interpreter.js';

// The process that computes gradients and attention.

/** What the service may call; first `open`. */
export interface InterpretFunctions extends Omit<Inside, 'close'> {
  /** @param models the models folder */
  open(backend: BackendName, models: string): Promise<void>;
}

let interpreter: Inside | undefined;

lowerPriority();
const functions: InterpretFunctions = {
  async open(backend, models) {
    interpreter = createTfjsInside(await openBackend(backend), models);
  },
  look: (request) => opened().look(request),
  gradient: (request) => opened().gradient(request),
  ascend: (request, signal) => opened().ascend(request, signal),
};
connectToService(inOrder(functions));

function opened(): Inside {
  if (interpreter === undefined) throw new Error('no backend is open');
  return interpreter;
}
