import { answerQuestions } from '../inference/process/answer-questions.js';
import { standBehindAll } from '../inference/process/lower-priority.js';
import type { AnyCall, ResultOf } from '../inference/process/messages.js';
import { openBackend } from '../network/backend.js';
import type { Inside } from './interpreter.js';
import type { InsideCalls } from './messages.js';
import { createTfjsInside } from './tfjs-interpreter.js';

// The process that looks inside.

let inside: Inside | undefined;

standBehindAll();
answerQuestions<InsideCalls>(perform);

async function perform(call: AnyCall<InsideCalls>): Promise<ResultOf<InsideCalls>> {
  if (call.kind === 'open') {
    inside = createTfjsInside(await openBackend(call.backend), call.models);
    return undefined;
  }
  if (inside === undefined) throw new Error('no backend is open');
  switch (call.kind) {
    case 'look':
      return await inside.look(call.request);
    case 'gradient':
      return await inside.gradient(call.request);
    case 'ascend':
      return await inside.ascend(call.request);
  }
}
