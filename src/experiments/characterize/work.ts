import { experimentContext } from '../context.js';
import { planCharacterization, runCharacterization } from './characterize.js';
import type { FromCharacterization, ToCharacterization } from './messages.js';

/** What the process that characterizes does with what it is told; the responses it asks for. */
export function createWork(
  say: (message: FromCharacterization) => void,
): (message: ToCharacterization) => void {
  const waiting = new Map<number, (values: Float32Array) => void>();
  let lastId = 0;
  const context = experimentContext({
    respond: (stimuli, neurons) =>
      new Promise((resolve) => {
        const id = ++lastId;
        waiting.set(id, resolve);
        say({ kind: 'respond', id, stimuli, neurons });
      }),
    onProgress: (progress) => say({ kind: 'progress', progress }),
  });

  return (message) => {
    if (message.kind === 'run') void run(message);
    else {
      waiting.get(message.id)?.(message.values);
      waiting.delete(message.id);
    }
  };

  async function run({
    model,
    request,
  }: Extract<ToCharacterization, { kind: 'run' }>): Promise<void> {
    try {
      const plan = planCharacterization({ model }, request);
      say({ kind: 'found', result: await runCharacterization(plan, context) });
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      say({ kind: 'failed', message });
    }
  }
}
