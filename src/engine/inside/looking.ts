import { openBackend } from '../../network/backend.js';
import { answerQuestions } from '../process/answer-questions.js';
import { standBehindAll } from '../process/behind-all.js';
import type { AnyCall, ResultOf } from '../process/messages.js';
import type { Inside } from './inside.js';
import type { InsideCalls } from './messages.js';
import { createTfjsInside } from './tfjs-inside.js';

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
