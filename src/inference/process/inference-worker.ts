import type { Engine } from '../engine.js';
import { openEngine } from '../open-engine.js';
import { answerQuestions } from './answer-questions.js';
import type { AnyCall, InferenceCalls, ResultOf } from './messages.js';

// The inference process: one engine, asked over the channel to the process that started it.

let engine: Engine | undefined;

// what is asked together is for the engine to share out; models come and go one at a time
answerQuestions<InferenceCalls>(perform, ({ kind }) => kind === 'respond');

async function perform(call: AnyCall<InferenceCalls>): Promise<ResultOf<InferenceCalls>> {
  if (call.kind === 'open') {
    engine = await openEngine(call.choice);
    return engine.description;
  }
  if (engine === undefined) throw new Error('the engine is not open');
  switch (call.kind) {
    case 'load':
      await engine.load(call.folder, call.digest);
      collectGarbage();
      return undefined;
    case 'unload':
      await engine.unload(call.digest);
      collectGarbage();
      return undefined;
    case 'respond':
      return await engine.respond(call.request);
  }
}

/** A process that waits for requests would keep what was read of the weights for hours. */
function collectGarbage(): void {
  globalThis.gc?.();
}
