import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TrainReport } from '../../src/datasets/train-request.js';
import type { NewTrial } from '../../src/datasets/trial.js';
import { openClosedLoopHttp } from '../closed-loop-client.js';
import { createDataClient } from '../data-client.js';
import { median, quantile } from '../figures.js';
import { startService } from '../running-service.js';
import type { Row } from '../table.js';
import { makeDataset, NEURONS, synthesizeSession, TRIALS, trialsOf } from './session.js';

/** What is to be reached, in seconds. */
const FITS = { readout: 10, all: 120 } as const;
/** Milliseconds from one image to the next: 60 a second. */
const PERIOD = 1000 / 60;
const IDLE_IMAGES = 600;

/** Times the way from 100 trials to a served model over HTTP, while a rig requests predictions of another model. */
export async function measureTimes(): Promise<Row[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hypercolumn-trials-'));
  const [MODELS_DIR, DATA_DIR] = [path.join(folder, 'models'), path.join(folder, 'data')];
  await cp('models', MODELS_DIR, { recursive: true });
  const site = synthesizeSession();
  const { digest } = await makeDataset(path.join(folder, 'new'), site);
  await mkdir(path.join(DATA_DIR, 'datasets'), { recursive: true });
  await rename(path.join(folder, 'new'), path.join(DATA_DIR, 'datasets', digest));
  const service = await startService({ ALLOW_TRAINING: '1', MODELS_DIR, DATA_DIR });
  try {
    const client = createDataClient(service.url);
    const place = `/v1/datasets/${digest}`;
    const train = (request: object) =>
      client.runJob<TrainReport>(`${place}/train`, { name: 'session', ...request });
    await train({ recipe: 'ff_cnn', epochs: 1 });
    const rig = openClosedLoopHttp(`${service.url}/v1/models/demo`, '0');
    const idle = await predictUntil(rig.send, (image) => image === IDLE_IMAGES);
    const begun = performance.now();
    await client.post(`${place}/trials`, sent(trialsOf(site)));
    const appended = (performance.now() - begun) / 1000;
    const rows: Row[] = [
      {
        what: `${TRIALS} trials of ${NEURONS} neurons, acknowledged`,
        ...{ toReach: '', measured: `${appended.toFixed(2)} s`, met: undefined },
      },
    ];
    for (const [fit, most] of Object.entries(FITS)) {
      const start = performance.now();
      const work = train({ from: { name: 'session', version: 1, fit }, trials: 'alone' });
      let isOver = false;
      const ended = work.finally(() => {
        isOver = true;
      });
      const busy = await predictUntil(rig.send, () => isOver);
      await ended;
      const seconds = appended + (performance.now() - start) / 1000;
      rows.push({
        what: `from ${TRIALS} trials to the served model of ${NEURONS} neurons, fit ${fit}`,
        toReach: `under ${most} s`,
        measured: `${seconds.toFixed(1)} s`,
        met: seconds < most,
      });
      rows.push({
        what: `predictions of another model meanwhile, 60 images/s, HTTP: p50, p99, slowest`,
        toReach: '',
        measured: `${describe(busy)}; idle ${describe(idle)}`,
        met: undefined,
      });
    }
    rig.close();
    return rows;
  } finally {
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The body of a request with trials and their images. */
function sent(trials: readonly NewTrial[]) {
  return {
    stimuli: trials.map(({ image }) => rowsOf(image!)),
    trials: trials.map(({ trial }, stimulus) => ({ ...trial, stimulus })),
  };
}

function rowsOf({ height, width, pixels }: NonNullable<NewTrial['image']>): number[][] {
  return Array.from({ length: height }, (_, y) => [...pixels.subarray(y * width, (y + 1) * width)]);
}

/** Sends one image after another. @returns the latencies in milliseconds */
async function predictUntil(
  send: () => Promise<{ readonly trip: number }>,
  isOver: (image: number) => boolean,
): Promise<number[]> {
  const latencies: number[] = [];
  let next = performance.now();
  for (let image = 0; !isOver(image); image++) {
    latencies.push((await send()).trip);
    next = Math.max(next + PERIOD, performance.now());
    await pause(next - performance.now());
  }
  return latencies;
}

function describe(latencies: readonly number[]): string {
  const [p50, p99] = [median(latencies), quantile(latencies, 0.99)];
  return `${p50.toFixed(1)}, ${p99.toFixed(1)}, ${Math.max(...latencies).toFixed(1)} ms`;
}
