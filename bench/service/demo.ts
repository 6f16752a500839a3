import path from 'node:path';
import { openClosedLoopHttp, openClosedLoopStream } from '../closed-loop-client.js';
import { median, quantile } from '../figures.js';
import { openHttpClient } from '../http-client.js';
import { type RunningService, startService } from '../running-service.js';
import { startJob } from '../start-job.js';
import type { Row } from '../table.js';
import type { Config } from './config.js';

const BURST = 100;
/** Requests of each client that are not counted: code that has run a few times only is not yet compiled. */
const WARM_UP = 1000;
const STARTS = 7;
/** Answers after a start. */
const ANSWERS = { first: 100, later: 1000 };

export function serveDemo({ folder, threads }: Config, data: string): Promise<RunningService> {
  return startService({
    DATA_DIR: path.join(folder, data),
    ENGINE: 'onnx',
    THREADS: String(threads),
  });
}

/** One neuron of models/demo, over HTTP and on a stream, next to the shortest answer that the service has. */
export async function measureSmall(config: Config): Promise<Row[]> {
  const service = await serveDemo(config, 'small');
  const model = `${service.url}/v1/models/demo`;
  const http = openClosedLoopHttp(model, '0');
  const stream = await openClosedLoopStream(model, 'uint8', '0');
  const alive = openHttpClient();
  const trips: Record<'alive' | 'http' | 'stream', number[]> = { alive: [], http: [], stream: [] };
  const above: number[] = [];
  const send = {
    alive: () => alive.get(`${service.url}/livez`),
    http: async () => (await http.send()).trip,
    stream: async () => {
      const { trip, infer } = await stream.send();
      above.push(trip - infer);
      return trip;
    },
  };
  const names = ['alive', 'http', 'stream'] as const;
  for (const name of names) for (let i = 0; i < WARM_UP; i++) await send[name]();
  above.length = 0;
  for (let round = 0; round < config.rounds; round++) {
    for (const name of names) {
      for (let i = 0; i < BURST; i++) trips[name].push(await send[name]());
    }
  }
  for (const client of [http, stream, alive]) client.close();
  await service.stop();
  const least = median(trips.alive);
  const compared = (what: string, own: readonly number[], most: number): Row => ({
    what: `1 neuron of demo, ${what}, p50`,
    toReach: `at most ${most} x GET /livez`,
    measured:
      `${(median(own) / least).toFixed(2)} x: ${describe(own)}, GET /livez ` +
      `${describe(trips.alive)}`,
    met: median(own) <= most * least,
  });
  return [
    compared('over HTTP', trips.http, 2),
    compared('on a stream', trips.stream, 1.5),
    {
      what: 'a stream above the engine, p50',
      toReach: 'at most 0.1 ms',
      measured: describe(above),
      met: median(above) <= 0.1,
    },
  ];
}

/** How long models/demo takes to be ready, and its first answers next to later ones. */
export async function measureFirst(config: Config): Promise<Row[]> {
  const [seconds, first, later]: [number[], number[], number[]] = [[], [], []];
  // The client's own code is compiled with the answers of a start that is not counted.
  for (let start = -1; start < STARTS; start++) {
    const service = await serveDemo(config, 'first');
    const client = openClosedLoopHttp(`${service.url}/v1/models/demo`, '0-15');
    const trips: number[] = [];
    for (let i = 0; i < ANSWERS.first + ANSWERS.later; i++) trips.push((await client.send()).trip);
    client.close();
    await service.stop();
    if (start < 0) continue;
    seconds.push(service.startedIn / 1000);
    first.push(...trips.slice(0, ANSWERS.first));
    later.push(...trips.slice(ANSWERS.first));
  }
  const ready = median(seconds);
  const [early, late] = [quantile(first, 0.99), quantile(later, 0.99)];
  return [
    {
      what: `ready after start, demo, median of ${STARTS}`,
      toReach: 'at most 0.8 s',
      measured: `${ready.toFixed(2)} s`,
      met: ready <= 0.8,
    },
    {
      what: `the first ${ANSWERS.first} answers after a start, 16 neurons, p99`,
      toReach: 'at most 1.5 x the later ones',
      measured: `${(early / late).toFixed(2)} x: ${early.toFixed(2)} ms, later ${late.toFixed(2)}`,
      met: early <= 1.5 * late,
    },
  ];
}

/** The time of a job that characterizes all neurons of models/demo. */
export async function measureFits(config: Config): Promise<Row[]> {
  const service = await serveDemo(config, 'fits');
  const begun = performance.now();
  const { end } = await startJob(`${service.url}/v1/models/demo/characterize`, {});
  await end;
  const seconds = (performance.now() - begun) / 1000;
  await service.stop();
  return [
    {
      what: 'characterize on demo',
      toReach: 'at most 20 s',
      measured: `${seconds.toFixed(1)} s`,
      met: seconds <= 20,
    },
  ];
}

/** The median, and where nine of ten lie. */
function describe(latencies: readonly number[]): string {
  return `${median(latencies).toFixed(3)} ms (p90 ${quantile(latencies, 0.9).toFixed(3)})`;
}
