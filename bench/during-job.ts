import { setTimeout as pause } from 'node:timers/promises';
import {
  type ClosedLoopClient,
  openClosedLoopHttp,
  openClosedLoopStream,
} from './closed-loop-client.js';
import { median, quantile } from './figures.js';
import { startJob } from './start-job.js';
import type { Row } from './table.js';

/** What is measured: the predictions of a model while a job runs on it, and while none does. */
export interface DuringJob {
  /** The address of the service. */
  readonly url: string;
  readonly model: string;
  /** The number of neurons of the model. Two clients request all of them, two request one. */
  readonly neurons: number;
  /** The kind of a job, and the number of neurons that it takes; each runs for some seconds. */
  readonly jobs: readonly { readonly kind: string; readonly neurons: number }[];
  /** Where the jobs run, for the rows. */
  readonly where: string;
  readonly turns: number;
}

/** Milliseconds from one image to the next: 60 a second. */
const PERIOD = 1000 / 60;
/** Images of a turn with no job. */
const IDLE = 960;
const WARM_UP = 600;

/** Latencies of one client in one turn, in milliseconds. */
interface Turn {
  readonly idle: number[];
  readonly busy: number[];
}

/**
 * Times the predictions of clients while a job runs and while none does. Turns are short, so that other work on
 * the machine affects both halves equally.
 * @returns a row for each kind of job
 */
export async function measureDuringJob(measured: DuringJob): Promise<Row[]> {
  const { url, model, neurons, jobs, turns } = measured;
  const address = `${url}/v1/models/${model}`;
  const all = `0-${neurons - 1}`;
  const clients = [
    { name: 'HTTP, 1 neuron', client: openClosedLoopHttp(address, '0') },
    { name: `HTTP, ${neurons} neurons`, client: openClosedLoopHttp(address, all) },
    { name: 'stream, 1 neuron', client: await openClosedLoopStream(address, 'uint8', '0') },
    {
      name: `stream, ${neurons} neurons`,
      client: await openClosedLoopStream(address, 'uint8', all),
    },
  ];
  const each = clients.map(({ client }) => client);
  await sendPaced(each, (image) => image === WARM_UP);
  const halves = new Map(jobs.map(({ kind }) => [kind, clients.map((): Turn[] => [])]));
  for (let turn = 0; turn < turns; turn++) {
    for (const { kind, neurons: taken } of jobs) {
      const idle = await sendPaced(each, (image) => image === IDLE);
      const first = (taken * turn) % neurons;
      const job = await startJob(`${address}/${kind}`, {
        neurons: `${first}-${first + taken - 1}`,
      });
      const busy = await sendPaced(each, () => job.over);
      await job.end;
      for (const [client, list] of halves.get(kind)!.entries()) {
        list.push({ idle: idle[client]!, busy: busy[client]! });
      }
    }
  }
  for (const client of each) client.close();
  const names = clients.map(({ name }) => name);
  return jobs.map(({ kind }) => tableRow(kind, measured, names, halves.get(kind)!));
}

function tableRow(
  kind: string,
  { model, where, turns }: DuringJob,
  names: readonly string[],
  halves: readonly (readonly Turn[])[],
): Row {
  const details = names.map((name, client) => {
    const own = halves[client]!;
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
    what:
      `a client's predictions during ${kind} on ${model}${where}, 60 images/s, p99, ` +
      `median of ${turns} turns`,
    toReach: 'at most 2 x the idle p99',
    measured: details.map(({ text }) => text).join('; '),
    met: details.every(({ ratio }) => ratio <= 2),
  };
}

function slowest(latencies: readonly number[]): number {
  return quantile(latencies, 0.99);
}

/** Sends 60 images a second, each client in its turn. @returns the latencies of each client, in milliseconds */
export async function sendPaced(
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
