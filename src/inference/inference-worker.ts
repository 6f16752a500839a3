import { EngineLostError } from '../errors.js';
import { connectToService } from '../workers/connect-to-service.js';
import { inOrder } from '../workers/in-order.js';
import type { Engine, EngineDescription } from './engine.js';
import { type EngineChoice, openEngine } from './open-engine.js';

// The inference process: one engine, which computes what the service requests.

/** What the service may call; first `open`. */
export interface InferenceFunctions extends Pick<Engine, 'load' | 'unload' | 'respond'> {
  open(choice: EngineChoice): Promise<EngineDescription>;
}

let engine: Engine | undefined;

const functions: InferenceFunctions = {
  ...inOrder({
    async open(choice: EngineChoice) {
      engine = await openEngine(choice);
      return engine.description;
    },
    async load(folder: string, digest: string) {
      await endIfLost(openedEngine().load(folder, digest));
      collectGarbage();
    },
    async unload(digest: string) {
      await endIfLost(openedEngine().unload(digest));
      collectGarbage();
    },
  }),
  // The engine itself divides its threads among requests that come together.
  respond: (request) => endIfLost(openedEngine().respond(request)),
};
connectToService(functions);

function openedEngine(): Engine {
  if (engine === undefined) throw new Error('the engine is not open');
  return engine;
}

/** An engine that lost a part of itself cannot continue: the service starts another process. */
async function endIfLost<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EngineLostError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** A process that waits for requests would keep what was read of the weights for hours. */
function collectGarbage(): void {
  globalThis.gc?.();
}
