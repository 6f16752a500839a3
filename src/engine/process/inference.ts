import { InputError } from '../../input-error.js';
import { type Engine, EngineLostError } from '../engine.js';
import { openEngine } from '../open-engine.js';
import type { Answer, Question, Results } from './messages.js';

// The inference process: one engine, asked over the channel to the process that started it.

let engine: Engine | undefined;
let line: Promise<void> = Promise.resolve();

process.on('message', (question: Question) => {
  // what is asked together is for the engine to share out; models come and go one at a time
  if (question.kind === 'respond') void answer(question);
  else line = line.then(() => answer(question));
});
process.on('disconnect', () => process.exit(0));
// these may reach the whole process group; the service decides when this process ends
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);

async function answer(question: Question): Promise<void> {
  const { id } = question;
  try {
    send({ id, ok: true, result: await perform(question) });
  } catch (error) {
    if (error instanceof EngineLostError) endWith(error);
    const input = error instanceof InputError;
    const message =
      error instanceof Error ? (!input && error.stack) || error.message : String(error);
    send({ id, ok: false, message, input });
  }
}

async function perform(question: Question): Promise<Results[keyof Results]> {
  if (question.kind === 'open') {
    engine = await openEngine(question.choice);
    return engine.description;
  }
  if (engine === undefined) throw new Error('the engine is not open');
  switch (question.kind) {
    case 'load':
      await engine.load(question.folder, question.digest);
      collectGarbage();
      return undefined;
    case 'unload':
      await engine.unload(question.digest);
      collectGarbage();
      return undefined;
    case 'respond':
      return await engine.respond(question.request);
  }
}

/** A process that waits for requests would keep what was read of the weights for hours. */
function collectGarbage(): void {
  globalThis.gc?.();
}

/** An engine that lost a part of itself cannot go on; whoever started this process starts another. */
function endWith({ message }: EngineLostError): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function send(answer: Answer): void {
  process.send?.(answer);
}
