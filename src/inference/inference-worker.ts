import type { Logger } from 'pino';
import { EngineLostError } from '../errors.js';
import { createLog, type LogLevel, logNode } from '../log.js';
import { connectToService } from '../workers/connect-to-service.js';
import { inOrder } from '../workers/in-order.js';
import type { Engine, EngineDescription } from './engine.js';
import type { DirectModel, MailboxFiles } from './kernels/mailbox.js';
import { type EngineChoice, openEngine } from './open-engine.js';

// The inference process: one engine, which computes what the service requests.

/** What the service may call; first `open`. */
export interface InferenceFunctions extends Pick<Engine, 'unload' | 'respond'> {
  /** @param mailbox that the process inherited */
  open(
    choice: EngineChoice,
    logLevel: LogLevel,
    mailbox: MailboxFiles | undefined,
  ): Promise<EngineDescription>;
  /** @returns how small requests to the model go through the mailbox; undefined where they cannot */
  load(folder: string, digest: string): Promise<DirectModel | undefined>;
}

let engine: Engine | undefined;
let log: Logger | undefined;

const functions: InferenceFunctions = {
  ...inOrder({
    async open(choice: EngineChoice, logLevel: LogLevel, mailbox: MailboxFiles | undefined) {
      log = createLog('inference', logLevel);
      logNode(log);
      engine = await openEngine(choice, mailbox);
      return engine.description;
    },
    async load(folder: string, digest: string) {
      await endIfLost(openedEngine().load(folder, digest));
      return openedEngine().direct?.(digest);
    },
    async unload(digest: string) {
      await endIfLost(openedEngine().unload(digest));
    },
  }),
  // The engine itself divides its threads among requests that come together.
  async respond(request) {
    const { digest, requestIds: requests, stimuli } = request;
    const begun = performance.now();
    const responses = await endIfLost(openedEngine().respond(request), requests);
    const ms = Math.round(performance.now() - begun);
    log?.debug({ requests, digest, stimuli: stimuli.count, ms }, 'responses are computed');
    return responses;
  },
};
connectToService(functions);

function openedEngine(): Engine {
  if (engine === undefined) throw new Error('the engine is not open');
  return engine;
}

/** An engine that lost a part of itself cannot continue: the service starts another process. */
async function endIfLost<Result>(
  work: Promise<Result>,
  requests?: readonly string[],
): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EngineLostError)) throw error;
    log?.fatal({ requests }, error.message);
    process.exit(1);
  }
}
