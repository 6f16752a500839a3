import { median } from '../figures.js';
import { npyRequest, openHttpClient } from '../http-client.js';
import type { Row } from '../table.js';
import { type Config, serve } from './config.js';

const STARTS = 5;

/** From the start of the process until it is ready, and the memory that it holds once it has answered. */
export async function measureStart(config: Config): Promise<Row[]> {
  const [seconds, megabytes]: [number[], number[]] = [[], []];
  for (let start = 0; start < STARTS; start++) {
    const service = await serve('ff_cnn', config);
    const client = openHttpClient();
    await client.send(npyRequest(`${service.url}/v1/models/ff_cnn/responses`, 8));
    client.close();
    seconds.push(service.startedIn / 1000);
    megabytes.push((await service.memory()) / 1e6);
    await service.stop();
  }
  const [ready, memory] = [median(seconds), median(megabytes)];
  return [
    {
      what: `ready after start, ${config.neurons} x ff_cnn`,
      toReach: 'at most 3 s, 300 MB',
      measured: `${ready.toFixed(2)} s, ${memory.toFixed(0)} MB`,
      met: ready <= 3 && memory <= 300,
    },
  ];
}
