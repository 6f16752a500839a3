import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../figures.js';
import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';
import { startDepartment } from './department.js';
import { startLoad } from './requests.js';

/** Milliseconds that a turn lasts. */
const TURN = 8000;
const WARM_UP = 3000;
const CLIENTS = 4;
/** Images in a request: about 0.3 s of one core for 300 ff_cnn. */
const IMAGES = 8;

/** Answers per second of one replica of one thread, and of two, behind HAProxy, in turns. */
export async function measureReplicas({
  neurons,
  rounds,
  folder,
  models,
}: ScaleConfig): Promise<Row[]> {
  const department = await startDepartment({
    ...{ replicas: 2, workers: 0, folder, models, serviceCores: ['0', '1'] },
  });
  const one = await department.balance(1);
  const take = async (url: string, milliseconds: number) => {
    const load = startLoad({
      ...{ url, model: 'site', clients: CLIENTS, images: IMAGES },
      idempotent: true,
    });
    const begun = performance.now();
    await pause(milliseconds);
    await load.end();
    const seconds = (performance.now() - begun) / 1000;
    return (IMAGES * load.seen.answered) / seconds;
  };
  const speeds = { one: [] as number[], two: [] as number[] };
  await take(department.url, WARM_UP);
  for (let round = 0; round < rounds; round++) {
    speeds.one.push(await take(one, TURN));
    speeds.two.push(await take(department.url, TURN));
  }
  await department.stop();
  const ratio = median(speeds.one.map((speed, round) => speeds.two[round]! / speed));
  const [single, double] = [median(speeds.one), median(speeds.two)];
  return [
    {
      what: `two replicas of one thread, each on a core, behind HAProxy, ${neurons} x ff_cnn, ${IMAGES} images in a request`,
      toReach: 'at least 1.9 x one replica',
      measured: `${ratio.toFixed(2)} x: ${double.toFixed(1)} images/s, one ${single.toFixed(1)}; median of ${rounds} rounds`,
      met: ratio >= 1.9,
    },
  ];
}
