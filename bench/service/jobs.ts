import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { median, quantile } from '../figures.js';
import { openHttpRig, openStreamRig, type Rig } from '../rig.js';
import { startService } from '../running-service.js';
import type { Row, Setting } from './setting.js';

const TURNS = 3;
/** Milliseconds from one image to the next: 60 a second. */
const PERIOD = 1000 / 60;
/** Images of a turn with no job. */
const IDLE = 1200;
const WARM_UP = 600;

/** What is run beside the rig, on models/demo. */
const JOBS = [
  { name: 'characterize', body: {} },
  { name: 'preferred-stimulus', body: { neurons: '0-3' } },
];

interface Times {
  readonly name: string;
  readonly idle: number[];
  /** By the name of the job. */
  readonly beside: ReadonlyMap<string, number[]>;
}

/** What a rig waits for its predictions while a job runs, and while none does, in turns. */
export async function measureJobs({ folder, threads }: Setting): Promise<Row[]> {
  const service = await startService({
    DATA_DIR: path.join(folder, 'jobs'),
    CACHE_CAPACITY: '0',
    ENGINE: 'onnx',
    THREADS: String(threads),
  });
  const rigs = [
    { name: 'HTTP, 1 neuron', rig: openHttpRig(service.url, '0') },
    { name: 'HTTP, 16 neurons', rig: openHttpRig(service.url, '0-15') },
    { name: 'stream, 1 neuron', rig: await openStreamRig(service.url, 'uint8', '0') },
    { name: 'stream, 16 neurons', rig: await openStreamRig(service.url, 'uint8', '0-15') },
  ];
  const times = rigs.map(
    ({ name }): Times => ({
      name,
      idle: [],
      beside: new Map(JOBS.map((job) => [job.name, []])),
    }),
  );
  const all = rigs.map(({ rig }) => rig);
  await askInTurn(all, (image) => image === WARM_UP);
  for (let turn = 0; turn < TURNS; turn++) {
    for (const { name, body } of JOBS) {
      await askInTurn(
        all,
        (image) => image === IDLE,
        (rig, trip) => times[rig]!.idle.push(trip),
      );
      const job = await start(`${service.url}/v1/models/demo/${name}`, body);
      await askInTurn(
        all,
        () => job.over,
        (rig, trip) => times[rig]!.beside.get(name)!.push(trip),
      );
      await job.end;
    }
  }
  for (const rig of all) rig.close();
  await service.stop();
  return JOBS.map(({ name }) => rowOf(name, times));
}

function rowOf(job: string, times: readonly Times[]): Row {
  const told = times.map(({ name, idle, beside }) => {
    const busy = beside.get(job)!;
    const late = quantile(busy, 0.99) / quantile(idle, 0.99);
    const figures = `${late.toFixed(2)} x: ${inWords(busy)} of ${busy.length}, idle ${inWords(idle)}`;
    return { late, text: `${name} ${figures}` };
  });
  return {
    what: `a rig's predictions beside ${job} on demo, 60 images/s, p99`,
    toReach: 'at most 2 x the idle p99',
    measured: told.map(({ text }) => text).join('; '),
    met: told.every(({ late }) => late <= 2),
  };
}

/** One image at a time, each rig in its turn. */
async function askInTurn(
  rigs: readonly Rig[],
  isOver: (image: number) => boolean,
  onTaken: (rig: number, trip: number) => void = () => {},
): Promise<void> {
  let next = performance.now();
  for (let image = 0; !isOver(image); image++) {
    const rig = image % rigs.length;
    onTaken(rig, (await rigs[rig]!.ask()).trip);
    // what came late is not made up for: a rig shows its next image a period later
    next = Math.max(next + PERIOD, performance.now());
    await pause(next - performance.now());
  }
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
      const told = await (await fetch(`${job}/events`)).text();
      if (!told.includes('"state":"succeeded"')) throw new Error(told.slice(-500));
      await fetch(job, { method: 'DELETE' });
    } finally {
      running.over = true;
    }
  }
}

function inWords(taken: readonly number[]): string {
  return `${quantile(taken, 0.99).toFixed(2)} ms (p50 ${median(taken).toFixed(2)})`;
}
