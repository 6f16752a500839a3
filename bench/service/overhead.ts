import { median, quantile } from '../figures.js';
import { npyRequest, openHttpClient } from '../http-client.js';
import type { Row } from '../table.js';
import { type Config, serve, startWorker } from './config.js';

const BURST = 50;
/** Answers that are not counted: code that has run a few times only is not yet compiled. */
const WARM_UP = 2000;

/**
 * What the service adds to the engine: one neuron of rf_cnn, which takes next to no computing, over HTTP,
 * less what the engine takes for it in a process where nothing else happens.
 */
export async function measureOverhead(config: Config): Promise<Row[]> {
  const service = await serve('rf_cnn', config);
  const engine = await startWorker('engine', 'rf_cnn', config);
  const client = openHttpClient();
  const request = npyRequest(`${service.url}/v1/models/rf_cnn/responses?neurons=0`, 1);
  const [over, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < WARM_UP; i++) await client.send(request);
  for (let round = 0; round < config.rounds; round++) {
    for (let i = 0; i < BURST; i++) over.push((await client.send(request)).trip);
    for (let i = 0; i < BURST; i++) bare.push(await engine.send('neuron'));
  }
  client.close();
  await Promise.all([service.stop(), engine.stop()]);
  const added = median(over) - median(bare);
  return [
    {
      what: 'HTTP, decode, queue, process hop, encode, together, p50',
      toReach: 'at most 0.4 ms',
      measured:
        `${added.toFixed(2)} ms: ${median(over).toFixed(2)} ms over HTTP (p99 ` +
        `${quantile(over, 0.99).toFixed(2)}), the engine alone ${median(bare).toFixed(2)}`,
      met: added <= 0.4,
    },
  ];
}
