import { InputError } from '../../input-error.js';
import { openBackend } from '../../network/backend.js';
import type { Engine } from '../engine.js';
import { createTfjsEngine } from '../tfjs/tfjs-engine.js';
import type { Answer, Question, Results } from './messages.js';

// The inference process: one engine, asked over the channel to the process that started it.

let engine: Engine | undefined;
let line: Promise<void> = Promise.resolve();

process.on('message', (question: Question) => {
  line = line.then(() => answer(question));
});
process.on('disconnect', () => process.exit(0));
// a Ctrl-C reaches the whole process group; the service decides when this process ends
process.on('SIGINT', () => undefined);

async function answer(question: Question): Promise<void> {
  const { id } = question;
  try {
    send({ id, ok: true, result: await perform(question) });
  } catch (error) {
    const input = error instanceof InputError;
    const message =
      error instanceof Error ? (!input && error.stack) || error.message : String(error);
    send({ id, ok: false, message, input });
  }
}

async function perform(question: Question): Promise<Results[keyof Results]> {
  if (question.kind === 'open') {
    engine = createTfjsEngine(await openBackend(question.backend));
    return engine.description;
  }
  if (engine === undefined) throw new Error('the engine is not open');
  switch (question.kind) {
    case 'load':
      await engine.load(question.folder, question.digest);
      return undefined;
    case 'unload':
      await engine.unload(question.digest);
      return undefined;
    case 'respond':
      return await engine.respond(question.request);
  }
}

function send(answer: Answer): void {
  process.send?.(answer);
}
