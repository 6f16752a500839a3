import { setImmediate as others } from 'node:timers/promises';
import { prepareCharacterization } from './characterization.js';
import type { FromBattery, ToBattery } from './messages.js';

/** What the process that characterizes does with what it is told; the responses it asks for. */
export function createWork(say: (message: FromBattery) => void): (message: ToBattery) => void {
  const waiting = new Map<number, (values: Float32Array) => void>();
  let lastId = 0;
  const scheduler: Parameters<typeof prepareCharacterization>[0]['scheduler'] = {
    respond: ({ stimuli, neurons }) =>
      new Promise((resolve) => {
        const id = ++lastId;
        waiting.set(id, (values) => resolve({ values, queueSeconds: 0, inferSeconds: 0 }));
        say({ kind: 'respond', id, stimuli, neurons });
      }),
    giveWay: () => others(),
  };

  return (message) => {
    if (message.kind === 'run') void run(message);
    else {
      waiting.get(message.id)?.(message.values);
      waiting.delete(message.id);
    }
  };

  async function run({ model, body }: Extract<ToBattery, { kind: 'run' }>): Promise<void> {
    try {
      const characterize = prepareCharacterization({ scheduler }, model, body);
      const characterization = await characterize({
        signal: new AbortController().signal,
        onProgress: (progress) => say({ kind: 'progress', progress }),
      });
      say({ kind: 'found', characterization });
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      say({ kind: 'failed', message });
    }
  }
}
