import type { ModelSource } from '../models/model-source.js';
import type { BackendName } from '../network/backends/index.js';
import { openBackend } from '../network/backends/open.js';
import { connectToService } from '../workers/connect-to-service.js';
import { inOrder } from '../workers/in-order.js';
import { lowerPriority } from '../workers/lower-priority.js';
import type { Interpreter } from './interpreter.js';
import { createTfjsInterpreter } from './tfjs-interpreter.js';

// The process that computes gradients and attention.

/** What the service may call; first `open`. */
export interface InterpretFunctions extends Omit<Interpreter, 'close'> {
  open(backend: BackendName): Promise<void>;
}

/** What this process may call. */
export type InterpretService = Pick<ModelSource, 'localFolder'>;

let interpreter: Interpreter | undefined;

lowerPriority();
const functions: InterpretFunctions = {
  async open(backend) {
    interpreter = createTfjsInterpreter(await openBackend(backend), service);
  },
  interpret: (request) => opened().interpret(request),
  gradient: (request) => opened().gradient(request),
  maximise: (request, signal) => opened().maximise(request, signal),
};
const service = connectToService<InterpretService>(inOrder(functions));

function opened(): Interpreter {
  if (interpreter === undefined) throw new Error('no backend is open');
  return interpreter;
}
