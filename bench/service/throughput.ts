import type { Contender } from '../contender.js';
import { median } from '../figures.js';
import { npyQuestion, openHttpClient } from '../http-client.js';
import { type Row, type Setting, serve, startWorker } from './setting.js';

const CLIENTS = 8;
/** Of each turn. */
const MILLISECONDS = 3000;

/** Clients that ask for one image each, again and again, beside a bare session with batches of as many. */
export async function measureThroughput(setting: Setting): Promise<Row[]> {
  const service = await serve('ff_cnn', setting);
  const session = await startWorker('session', 'ff_cnn', setting);
  const url = `${service.url}/v1/models/ff_cnn/responses`;
  const [over, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.ceil(setting.rounds / 3); round++) {
    over.push(await rateOfClients(url));
    bare.push(await rateOfSession(session));
  }
  await Promise.all([service.stop(), session.stop()]);
  const share = median(over) / median(bare);
  return [
    {
      what: `throughput: ${CLIENTS} clients, ${setting.neurons} x ff_cnn`,
      toReach: 'at least 90 % of the session',
      measured:
        `${(100 * share).toFixed(0)} %: ${median(over).toFixed(1)} images/s, the session ` +
        `${median(bare).toFixed(1)}`,
      met: share >= 0.9,
    },
  ];
}

async function rateOfClients(url: string): Promise<number> {
  const question = npyQuestion(url, 1);
  const begun = performance.now();
  const counts = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = openHttpClient();
      let count = 0;
      for (; performance.now() - begun < MILLISECONDS; count++) await client.ask(question);
      client.close();
      return count;
    }),
  );
  return (1000 * counts.reduce((sum, count) => sum + count)) / (performance.now() - begun);
}

async function rateOfSession(session: Contender): Promise<number> {
  const begun = performance.now();
  let images = 0;
  for (; performance.now() - begun < MILLISECONDS; images += CLIENTS) {
    await session.ask(String(CLIENTS));
  }
  return (1000 * images) / (performance.now() - begun);
}
