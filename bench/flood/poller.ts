import { Agent, get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

// This process watches the service while others flood it: it requests /livez repeatedly, and
// answers each message with the longest that an answer took since the last.

/** Milliseconds between two requests. */
const PAUSE = 10;

const url = `${process.argv[2]}/livez`;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
let worst = 0;

process.on('message', () => {
  process.send?.(worst);
  worst = 0;
});

for (;;) {
  const sent = performance.now();
  await answered();
  worst = Math.max(worst, performance.now() - sent);
  await pause(PAUSE);
}

function answered(): Promise<void> {
  return new Promise((resolve) => {
    get(url, { agent }, (answer) => answer.resume().once('end', resolve)).once('error', () =>
      resolve(),
    );
  });
}
