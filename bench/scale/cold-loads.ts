import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type ClosedLoopClient, openClosedLoopStream } from '../closed-loop-client.js';
import { copyModel } from '../copy-model.js';
import { median, quantile } from '../figures.js';
import { npyRequest } from '../http-client.js';
import { startService } from '../running-service.js';
import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';

/** Large models that are loaded in turn. There is memory for two of them. */
const MODELS = ['a', 'b', 'c', 'd', 'e', 'f'];
const LOADS = 24;
/** Milliseconds from one load to the next. */
const BETWEEN = 500;
const PERIOD = 1000 / 60;
const WARM_UP = 300;

/** Times the stream of a small model while other clients request large models that are not loaded. */
export async function measureColdLoads(config: ScaleConfig): Promise<Row[]> {
  const { folder, models, neurons } = config;
  const directory = path.join(folder, 'models-cold');
  await copyModel(path.join(models, 'demo', '1'), directory, ['demo']);
  await copyModel(path.join(models, 'site', '1'), directory, MODELS);
  const memory = (2.5 * neurons * 2 ** 20) / 4;
  const service = await startService({
    MODELS_DIR: directory,
    DATA_DIR: path.join(folder, 'data-cold'),
    MODEL_MEMORY: String(Math.round(memory)),
    PRELOAD: 'demo',
    ENGINE: 'onnx',
  });
  try {
    const rig = await openClosedLoopStream(`${service.url}/v1/models/demo`, 'uint8', '0-15');
    await sendFor(rig, async () => pause(WARM_UP * PERIOD));
    const idle = await sendFor(rig, async () => pause(LOADS * BETWEEN));
    const cold: number[] = [];
    const busy = await sendFor(rig, async () => {
      for (let load = 0; load < LOADS; load++) {
        const { url, headers, body } = npyRequest(
          `${service.url}/v1/models/${MODELS[load % MODELS.length]}/responses`,
          1,
        );
        const begun = performance.now();
        const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) });
        const text = await answer.text();
        if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${text}`);
        if (!answer.headers.get('Server-Timing')?.includes('loading')) throw new Error('not cold');
        cold.push(performance.now() - begun);
        await pause(BETWEEN);
      }
    });
    rig.close();
    const describe = (latencies: readonly number[]) =>
      `p50 ${median(latencies).toFixed(1)} ms, p99 ${quantile(latencies, 0.99).toFixed(1)} ms, ` +
      `most ${Math.max(...latencies).toFixed(1)} ms`;
    return [
      {
        what:
          `a stream of demo, 60 images/s, while ${LOADS} models of ${neurons} neurons are loaded one after the ` +
          'other',
        toReach: '',
        measured:
          `${describe(busy)}; idle ${describe(idle)}; a cold answer takes ` +
          `${median(cold).toFixed(0)} ms`,
        met: undefined,
      },
    ];
  } finally {
    await service.stop();
  }
}

/** Sends images until the work is done. @returns the latencies, in milliseconds */
async function sendFor(rig: ClosedLoopClient, work: () => Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  let isOver = false;
  const done = work().finally(() => {
    isOver = true;
  });
  done.catch(() => undefined);
  let next = performance.now();
  while (!isOver) {
    latencies.push((await rig.send()).trip);
    next = Math.max(next + PERIOD, performance.now());
    await pause(next - performance.now());
  }
  await done;
  return latencies;
}
