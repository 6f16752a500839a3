import type { Logger } from 'pino';
import { createLog, type LogLevel, logNode } from '../log.js';
import type { ModelSource } from '../models/model-source.js';
import type { BackendName } from '../network/backends/index.js';
import { openBackend } from '../network/backends/open.js';
import { connectToService } from '../workers/connect-to-service.js';
import { inOrder } from '../workers/in-order.js';
import { lowerPriority } from '../workers/lower-priority.js';
import type { InterpretationRequest, Interpreter } from './interpreter.js';
import { createLocalInterpreter } from './local-interpreter.js';

// The process that computes gradients and attention.

/** What the service may call; first `open`. */
export interface InterpretFunctions extends Omit<Interpreter, 'close'> {
  open(backend: BackendName, logLevel: LogLevel): Promise<void>;
}

/** What this process may call. */
export type InterpretService = Pick<ModelSource, 'localFolder'>;

let interpreter: Interpreter | undefined;
let log: Logger | undefined;

lowerPriority();
const functions: InterpretFunctions = {
  async open(backend, logLevel) {
    log = createLog('interpretation', logLevel);
    logNode(log);
    interpreter = createLocalInterpreter(await openBackend(backend), service);
  },
  interpret: (request) => logged(request, () => opened().interpret(request)),
  gradient: (request) => logged(request, () => opened().gradient(request)),
  maximise: (request, signal) => logged(request, () => opened().maximise(request, signal)),
};
const service = connectToService<InterpretService>(inOrder(functions));

function opened(): Interpreter {
  if (interpreter === undefined) throw new Error('no backend is open');
  return interpreter;
}

async function logged<Result>(
  { requestIds: requests, model }: Pick<InterpretationRequest, 'requestIds' | 'model'>,
  compute: () => Promise<Result>,
): Promise<Result> {
  const begun = performance.now();
  const result = await compute();
  const ms = Math.round(performance.now() - begun);
  log?.debug({ requests, digest: model.digest, ms }, 'an interpretation is computed');
  return result;
}
