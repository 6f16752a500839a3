import { setImmediate as others } from 'node:timers/promises';
import { standBehindAll } from '../../engine/process/behind-all.js';
import { prepareCharacterization } from './characterization.js';
import type { FromBattery, ToBattery } from './messages.js';

// The process that characterizes: it renders what is shown and fits what is answered; the responses it
// asks of the process that started it, and ends with that.

const waiting = new Map<number, (values: Float32Array) => void>();
let lastId = 0;

standBehindAll();
process.on('disconnect', () => process.exit(0));
// these may reach the whole process group; the service decides when this process ends
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
process.on('message', (message: ToBattery) => {
  if (message.kind === 'run') void run(message);
  else {
    waiting.get(message.id)?.(message.values);
    waiting.delete(message.id);
  }
});

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

const scheduler: Parameters<typeof prepareCharacterization>[0]['scheduler'] = {
  respond: ({ stimuli, neurons }) =>
    new Promise((resolve) => {
      const id = ++lastId;
      waiting.set(id, (values) => resolve({ values, queueSeconds: 0, inferSeconds: 0 }));
      say({ kind: 'respond', id, stimuli, neurons });
    }),
  giveWay: () => others(),
};

function say(message: FromBattery): void {
  process.send?.(message);
}
