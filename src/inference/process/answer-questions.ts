import { InputError } from '../../errors.js';
import { EngineLostError } from '../engine.js';
import { endWithService } from './end-with-service.js';
import type { Answer, AnyCall, Calls, Question, ResultOf } from './messages.js';

/**
 * Answers what is asked over the channel to the process that started this one until that process ends:
 * in order, one question at a time, but for those that need not wait.
 */
export function answerQuestions<C extends Calls>(
  perform: (call: AnyCall<C>) => Promise<ResultOf<C>>,
  atOnce: (call: AnyCall<C>) => boolean = () => false,
): void {
  let line: Promise<void> = Promise.resolve();
  process.on('message', (question: Question<C>) => {
    if (atOnce(question)) void answer(question);
    else line = line.then(() => answer(question));
  });
  endWithService();

  async function answer(question: Question<C>): Promise<void> {
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
}

/** An engine that lost a part of itself cannot go on; whoever started this process starts another. */
function endWith({ message }: EngineLostError): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function send(answer: Answer): void {
  process.send?.(answer);
}
