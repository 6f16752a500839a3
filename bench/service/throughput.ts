import type { Contender } from '../contender.js';
import { median } from '../figures.js';
import { npyRequest, openHttpClient } from '../http-client.js';
import type { Row } from '../table.js';
import { type Config, serve, startWorker } from './config.js';

const CLIENTS = 8;
/** Of each turn. */
const MILLISECONDS = 3000;

/** Clients that repeatedly send one image each, compared with a bare session with equal batches. */
export async function measureThroughput(config: Config): Promise<Row[]> {
  const service = await serve('ff_cnn', config);
  const session = await startWorker('session', 'ff_cnn', config);
  const url = `${service.url}/v1/models/ff_cnn/responses`;
  const [over, bare]: [number[], number[]] = [[], []];
  for (let round = 0; round < Math.ceil(config.rounds / 3); round++) {
    over.push(await rateOfClients(url));
    bare.push(await rateOfSession(session));
  }
  await Promise.all([service.stop(), session.stop()]);
  const share = median(over) / median(bare);
  return [
    {
      what: `throughput: ${CLIENTS} clients, ${config.neurons} x ff_cnn`,
      toReach: 'at least 90 % of the session',
      measured:
        `${(100 * share).toFixed(0)} %: ${median(over).toFixed(1)} images/s, the session ` +
        `${median(bare).toFixed(1)}`,
      met: share >= 0.9,
    },
  ];
}

async function rateOfClients(url: string): Promise<number> {
  const request = npyRequest(url, 1);
  const begun = performance.now();
  const counts = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = openHttpClient();
      let count = 0;
      for (; performance.now() - begun < MILLISECONDS; count++) await client.send(request);
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
    await session.send(String(CLIENTS));
  }
  return (1000 * images) / (performance.now() - begun);
}
