import { setTimeout as pause } from 'node:timers/promises';
import type { Contender } from '../contender.js';
import { median, quantile } from '../figures.js';
import { npyRequest, openHttpClient } from '../http-client.js';
import type { Row } from '../table.js';
import { type Config, serve, startWorker } from './config.js';

const SWEEPS = 3;
const BATCH = 8;
/** Milliseconds between the client's requests for predictions. */
const PERIOD = 150;

/** Measures peak tuning to a large set, alone and while a client requests predictions. */
export async function measureSweep(config: Config): Promise<Row[]> {
  const { images, neurons } = config;
  const service = await serve('ff_cnn', config);
  const session = await startWorker('session', 'ff_cnn', config);
  const client = openHttpClient();
  const address = `${service.url}/v1/models/ff_cnn`;
  const request = npyRequest(`${address}/tuning/peak`, images);
  const sweep = async () => (await client.send(request)).trip;
  const [over, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < SWEEPS; i++) {
    over.push(await sweep());
    bare.push(await timeOfSession(session, images));
  }
  await session.stop();
  const idle = await timePredictions(`${address}/responses`, pause(median(over)));
  const busy = await timePredictions(`${address}/responses`, sweep());
  client.close();
  await service.stop();

  const times = median(over) / median(bare);
  const late = quantile(busy, 0.99) / quantile(idle, 0.99);
  return [
    {
      what: `${images} images x ${neurons} neurons, tuning/peak`,
      toReach: 'at most 1.1 x the session',
      measured:
        `${times.toFixed(2)} x: ${(median(over) / 1000).toFixed(1)} s, the session ` +
        `${(median(bare) / 1000).toFixed(1)} s`,
      met: times <= 1.1,
    },
    {
      what: `a client's predictions meanwhile, ${neurons} neurons, p99`,
      toReach: 'at most 2 x the idle p99',
      measured: `${late.toFixed(2)} x: ${describeLatencies(busy)} of ${busy.length}, idle ${describeLatencies(idle)} of ${idle.length}`,
      met: late <= 2,
    },
  ];
}

async function timeOfSession(session: Contender, images: number): Promise<number> {
  const begun = performance.now();
  for (let done = 0; done < images; done += BATCH) {
    await session.send(String(Math.min(BATCH, images - done)));
  }
  return performance.now() - begun;
}

/** Milliseconds of the answers to one image every so often, until `end`. */
async function timePredictions(url: string, end: Promise<unknown>): Promise<number[]> {
  const client = openHttpClient();
  const request = npyRequest(url, 1);
  const latencies: number[] = [];
  let over = false;
  const ended = end.finally(() => {
    over = true;
  });
  for (let next = performance.now(); !over; next += PERIOD) {
    latencies.push((await client.send(request)).trip);
    await pause(Math.max(0, next + PERIOD - performance.now()));
  }
  await ended;
  client.close();
  return latencies;
}

function describeLatencies(latencies: readonly number[]): string {
  return `${quantile(latencies, 0.99).toFixed(1)} ms (p50 ${median(latencies).toFixed(1)})`;
}
