import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { openBackend } from '../../network/backend.js';
import { answerQuestions } from '../process/answer-questions.js';
import type { AnyCall, ResultOf } from '../process/messages.js';
import type { Inside } from './inside.js';
import type { InsideCalls } from './messages.js';
import { createTfjsInside } from './tfjs-inside.js';

// The process that looks inside: at the lowest priority, and the first to go where memory runs out, so
// that the inference process never waits for it.

let inside: Inside | undefined;

giveWay();
goFirstWithoutMemory();
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

/** Computes when nobody else does, as far as the system lets it. */
function giveWay(): void {
  setPriority(constants.priority.PRIORITY_LOW);
  if (process.platform !== 'linux') return;
  // Linux's idle class, which Node cannot ask for: others take the core at once, not soon
  spawnSync('chrt', ['--all-tasks', '--idle', '--pid', '0', String(process.pid)], {
    stdio: 'ignore',
  });
}

function goFirstWithoutMemory(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // a container may forbid it; the bounds on what is computed at once remain
  }
}
