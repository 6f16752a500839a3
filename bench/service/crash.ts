import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../figures.js';
import { npyRequest, openHttpClient } from '../http-client.js';
import type { Row } from '../table.js';
import { type Config, serve } from './config.js';

const CLIENTS = 8;
const CRASHES = 5;

/** Kills the inference process while clients send requests, and waits for the next answer. */
export async function measureCrash(config: Config): Promise<Row[]> {
  const service = await serve('ff_cnn', config);
  const request = npyRequest(`${service.url}/v1/models/ff_cnn/responses`, 1);
  let over = false;
  let rejected = 0;
  let answered: () => void = () => undefined;
  const clients = Array.from({ length: CLIENTS }, async () => {
    const client = openHttpClient();
    while (!over) {
      try {
        await client.send(request);
        answered();
      } catch {
        rejected += 1;
      }
    }
    client.close();
  });
  const away: number[] = [];
  for (let crash = 0; crash < CRASHES; crash++) {
    await pause(1000);
    const killed = performance.now();
    await service.killInference();
    await new Promise<void>((resolve) => {
      answered = resolve;
    });
    away.push(performance.now() - killed);
  }
  over = true;
  await Promise.all(clients);
  await service.stop();
  const slowest = Math.max(...away) / 1000;
  return [
    {
      what: `kill -9 of the inference process, ${CLIENTS} clients`,
      toReach: 'the next answer in under 2 s, none rejected',
      measured:
        `${(median(away) / 1000).toFixed(2)} s, at most ${slowest.toFixed(2)} s of ` +
        `${CRASHES}; ${rejected} rejected`,
      met: slowest < 2 && rejected === 0,
    },
  ];
}
