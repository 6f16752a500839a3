import path from 'node:path';
import { openClosedLoopStream } from '../closed-loop-client.js';
import { copyModel } from '../copy-model.js';
import { sendPaced } from '../during-job.js';
import { median } from '../figures.js';
import { startService } from '../running-service.js';
import type { Row } from '../table.js';
import type { Config } from './config.js';

const TURNS = 7;
/** Images of a turn in which nothing is loaded. */
const IDLE = 120;
const WARM_UP = 300;
/** Milliseconds between requests for the state of the model, which take time of both processes too. */
const POLL = 250;
/** Milliseconds by which the loading of a model may delay an answer. */
const MOST = 5;

/** The answers of a stream on demo while the service loads a large model, and while it loads none. */
export async function measureLoading({ folder, threads, neurons }: Config): Promise<Row[]> {
  const models = path.join(folder, 'loading');
  await copyModel(path.resolve('models/demo/1'), models, ['demo']);
  const service = await startService({
    MODELS_DIR: models,
    DATA_DIR: path.join(folder, 'loading-data'),
    ENGINE: 'onnx',
    THREADS: String(threads),
  });
  const stream = await openClosedLoopStream(`${service.url}/v1/models/demo`, 'uint8', '0-15');
  const send = async (isOver: (image: number) => boolean) =>
    (await sendPaced([stream], isOver))[0]!;
  await send((image) => image === WARM_UP);
  const [idle, busy]: [number[][], number[][]] = [[], []];
  for (let turn = 0; turn < TURNS; turn++) {
    idle.push(await send((image) => image === IDLE));
    const name = `loaded-${turn}`;
    await copyModel(path.join(folder, 'ff_cnn', 'ff_cnn', '1'), models, [name]);
    process.kill(service.pid, 'SIGHUP');
    let isServed = false;
    const served = untilServed(`${service.url}/v1/models/${name}`).then(() => {
      isServed = true;
    });
    busy.push(await send(() => isServed));
    await served;
  }
  stream.close();
  await service.stop();
  const longest = (turns: readonly number[][]) => median(turns.map((each) => Math.max(...each)));
  const delay = longest(busy) - longest(idle);
  const describe = (turns: readonly number[][]) =>
    `${longest(turns).toFixed(1)} ms (p50 ${median(turns.flat()).toFixed(1)})`;
  return [
    {
      what: `the longest answer of a stream of 60 images/s while ${neurons} x ff_cnn is loaded, median of ${TURNS} loads`,
      toReach: `at most ${MOST} ms longer than without`,
      measured: `${delay.toFixed(1)} ms longer: ${describe(busy)}, idle ${describe(idle)}`,
      met: delay <= MOST,
    },
  ];
}

async function untilServed(model: string): Promise<void> {
  while ((await fetch(model)).status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}
