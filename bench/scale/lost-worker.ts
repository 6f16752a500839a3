import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../figures.js';
import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';
import { startDepartment, type Worker } from './department.js';

interface JobView {
  readonly state: string;
  readonly progress: { readonly done: number; readonly total: number };
}

/** Milliseconds. */
const POLL = 50;
const GOAL = 15_000;
/** Steps of a neuron of demo, about; the worker is killed within the second neuron. */
const DONE_BEFORE = 700;

/** Kills the worker that runs a job, and times until another one continues it. */
export async function measureLostWorker({ rounds, folder, models }: ScaleConfig): Promise<Row[]> {
  const continued: number[] = [];
  let sameBytes = true;
  for (let round = 0; round < rounds; round++) {
    const department = await startDepartment({ replicas: 1, workers: 2, folder, models });
    const { url, workers } = department;
    const place = await submit(url);
    await until(url, place, ({ progress }) => progress.done > DONE_BEFORE);
    const before = await read(url, place);
    await (await findBusy(workers)).kill();
    const killed = performance.now();
    await until(url, place, ({ progress, state }) => {
      return state === 'succeeded' || progress.done > before.progress.done;
    });
    continued.push(performance.now() - killed);
    await until(url, place, ({ state }) => state === 'succeeded');
    const whole = await submit(url);
    await until(url, whole, ({ state }) => state === 'succeeded');
    const [first, second] = await Promise.all([result(url, place), result(url, whole)]);
    sameBytes &&= first === second;
    await department.stop();
  }
  const worst = Math.max(...continued);
  return [
    {
      what: 'kill -9 of the worker that runs a characterize job on demo',
      toReach: 'another continues it within 15 s, to the same bytes',
      measured:
        `${(median(continued) / 1000).toFixed(1)} s, at most ${(worst / 1000).toFixed(1)} s of ` +
        `${rounds}; ${sameBytes ? 'the same bytes' : 'OTHER BYTES'}`,
      met: worst <= GOAL && sameBytes,
    },
  ];
}

async function submit(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1/models/demo/characterize`, {
    method: 'POST',
    body: JSON.stringify({ neurons: '0-2' }),
  });
  const place = answer.headers.get('Location');
  if (place === null) throw new Error(await answer.text());
  return place;
}

async function read(url: string, place: string): Promise<JobView> {
  return (await (await fetch(url + place)).json()) as JobView;
}

async function until(
  url: string,
  place: string,
  isReached: (job: JobView) => boolean,
): Promise<void> {
  for (;;) {
    const job = await read(url, place);
    if (job.state === 'failed') throw new Error(JSON.stringify(job));
    if (isReached(job)) return;
    await pause(POLL);
  }
}

async function findBusy(workers: readonly Worker[]): Promise<Worker> {
  for (const worker of workers) if (await worker.isBusy()) return worker;
  throw new Error('no worker runs a job');
}

async function result(url: string, place: string): Promise<string> {
  return (await fetch(`${url}${place}/result?part=characterization.csv`)).text();
}
