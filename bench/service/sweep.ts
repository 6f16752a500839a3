import { setTimeout as pause } from 'node:timers/promises';
import type { Contender } from '../contender.js';
import { median, quantile } from '../figures.js';
import { npyQuestion, openHttpClient } from '../http-client.js';
import { type Row, type Setting, serve, startWorker } from './setting.js';

const SWEEPS = 3;
const BATCH = 8;
/** Milliseconds between the predictions that a rig asks for. */
const PERIOD = 150;

/** Peak tuning to a large set, alone, and with a rig that asks for predictions meanwhile. */
export async function measureSweep(setting: Setting): Promise<Row[]> {
  const { images, neurons } = setting;
  const service = await serve('ff_cnn', setting);
  const session = await startWorker('session', 'ff_cnn', setting);
  const client = openHttpClient();
  const address = `${service.url}/v1/models/ff_cnn`;
  const question = npyQuestion(`${address}/tuning/peak`, images);
  const sweep = async () => (await client.ask(question)).trip;
  const [over, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < SWEEPS; i++) {
    over.push(await sweep());
    bare.push(await timeOfSession(session, images));
  }
  await session.stop();
  const idle = await rig(`${address}/responses`, pause(median(over)));
  const busy = await rig(`${address}/responses`, sweep());
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
      what: `a rig's predictions meanwhile, ${neurons} neurons, p99`,
      toReach: 'at most 2 x the idle p99',
      measured: `${late.toFixed(2)} x: ${told(busy)} of ${busy.length}, idle ${told(idle)} of ${idle.length}`,
      met: late <= 2,
    },
  ];
}

async function timeOfSession(session: Contender, images: number): Promise<number> {
  const begun = performance.now();
  for (let done = 0; done < images; done += BATCH) {
    await session.ask(String(Math.min(BATCH, images - done)));
  }
  return performance.now() - begun;
}

/** Milliseconds of the answers to one image every so often, until `end`. */
async function rig(url: string, end: Promise<unknown>): Promise<number[]> {
  const client = openHttpClient();
  const question = npyQuestion(url, 1);
  const taken: number[] = [];
  let over = false;
  const ended = end.finally(() => {
    over = true;
  });
  for (let next = performance.now(); !over; next += PERIOD) {
    taken.push((await client.ask(question)).trip);
    await pause(Math.max(0, next + PERIOD - performance.now()));
  }
  await ended;
  client.close();
  return taken;
}

function told(taken: readonly number[]): string {
  return `${quantile(taken, 0.99).toFixed(1)} ms (p50 ${median(taken).toFixed(1)})`;
}
