import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type ClosedLoopClient,
  openClosedLoopHttp,
  openClosedLoopStream,
} from '../closed-loop-client.js';
import { median, quantile } from '../figures.js';
import { startService } from '../running-service.js';
import type { Config, Row } from './config.js';

/** Turns are short, so that other work on the machine affects both halves equally. */
const TURNS = 8;
/** Milliseconds from one image to the next: 60 a second. */
const PERIOD = 1000 / 60;
/** Images of a turn with no job. */
const IDLE = 480;
const WARM_UP = 600;
/** Of models/demo. */
const NEURONS = 16;

/** Jobs on models/demo that run next to the client; each takes some seconds. */
const JOBS = [
  { name: 'characterize', neurons: 2 },
  { name: 'preferred-stimulus', neurons: 4 },
];

/** Latencies of one client in one turn, in milliseconds. */
interface Turn {
  readonly idle: number[];
  readonly busy: number[];
}

/** Times the predictions of clients while a job runs and while none does, in turns. */
export async function measureJobs({ folder, threads }: Config): Promise<Row[]> {
  const service = await startService({
    DATA_DIR: path.join(folder, 'jobs'),
    CACHE_CAPACITY: '0',
    ENGINE: 'onnx',
    THREADS: String(threads),
  });
  const clients = [
    { name: 'HTTP, 1 neuron', client: openClosedLoopHttp(service.url, '0') },
    { name: 'HTTP, 16 neurons', client: openClosedLoopHttp(service.url, '0-15') },
    { name: 'stream, 1 neuron', client: await openClosedLoopStream(service.url, 'uint8', '0') },
    {
      name: 'stream, 16 neurons',
      client: await openClosedLoopStream(service.url, 'uint8', '0-15'),
    },
  ];
  const all = clients.map(({ client }) => client);
  await sendInTurn(all, (image) => image === WARM_UP);
  const turns = new Map(JOBS.map(({ name }) => [name, clients.map((): Turn[] => [])]));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { name, neurons } of JOBS) {
      const idle = await sendInTurn(all, (image) => image === IDLE);
      const first = (neurons * turn) % NEURONS;
      const job = await start(`${service.url}/v1/models/demo/${name}`, {
        neurons: `${first}-${first + neurons - 1}`,
      });
      const busy = await sendInTurn(all, () => job.over);
      await job.end;
      for (const [client, list] of turns.get(name)!.entries()) {
        list.push({ idle: idle[client]!, busy: busy[client]! });
      }
    }
  }
  for (const client of all) client.close();
  await service.stop();
  const names = clients.map(({ name }) => name);
  return JOBS.map(({ name }) => tableRow(name, names, turns.get(name)!));
}

function tableRow(job: string, names: readonly string[], turns: readonly (readonly Turn[])[]): Row {
  const details = names.map((name, client) => {
    const own = turns[client]!;
    const ratio = median(own.map(({ idle, busy }) => slowest(busy) / slowest(idle)));
    const describe = (half: keyof Turn) =>
      `${median(own.map((turn) => slowest(turn[half]))).toFixed(1)} ms (p50 ` +
      `${median(own.flatMap((turn) => turn[half])).toFixed(1)})`;
    return {
      ratio,
      text: `${name} ${ratio.toFixed(2)} x: ${describe('busy')}, idle ${describe('idle')}`,
    };
  });
  return {
    what: `a client's predictions during ${job} on demo, 60 images/s, p99, median of ${TURNS} turns`,
    toReach: 'at most 2 x the idle p99',
    measured: details.map(({ text }) => text).join('; '),
    met: details.every(({ ratio }) => ratio <= 2),
  };
}

function slowest(latencies: readonly number[]): number {
  return quantile(latencies, 0.99);
}

/** Sends one image at a time, each client in its turn. @returns the latencies of each client, in milliseconds */
async function sendInTurn(
  clients: readonly ClosedLoopClient[],
  isOver: (image: number) => boolean,
): Promise<number[][]> {
  const latencies = clients.map((): number[] => []);
  let next = performance.now();
  for (let image = 0; !isOver(image); image++) {
    const client = image % clients.length;
    latencies[client]!.push((await clients[client]!.send()).trip);
    // a late answer delays all later images, as it does in an experiment
    next = Math.max(next + PERIOD, performance.now());
    await pause(next - performance.now());
  }
  return latencies;
}

/** A job that was started: whether it is over, and when it is. @throws Error where it did not succeed */
async function start(url: string, body: object) {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  const place = answer.headers.get('Location');
  if (place === null) throw new Error(`${url}: ${await answer.text()}`);
  const job = new URL(place, url);
  const running = { over: false, end: finish() };
  return running;

  async function finish(): Promise<void> {
    try {
      const details = await (await fetch(`${job}/events`)).text();
      if (!details.includes('"state":"succeeded"')) throw new Error(details.slice(-500));
      await fetch(job, { method: 'DELETE' });
    } finally {
      running.over = true;
    }
  }
}
