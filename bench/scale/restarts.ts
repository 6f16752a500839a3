import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';
import { startDepartment } from './department.js';
import { type Load, startLoad } from './requests.js';

const REPLICAS = 3;
const CLIENTS = 8;
/** Answers between two restarts, or kills. */
const ANSWERS = 400;

/** Counts requests that fail while replicas are restarted one after the other, and while they are killed. */
export async function measureRestarts({ rounds, folder, models }: ScaleConfig): Promise<Row[]> {
  const settings = { GRACE_SECONDS: '2' };
  const department = await startDepartment({
    ...{ replicas: REPLICAS, workers: 0, folder, models, settings },
  });
  const load = (idempotent: boolean) =>
    startLoad({ url: department.url, model: 'demo', clients: CLIENTS, images: 1, idempotent });
  const restart = async (signal: NodeJS.Signals, during: Load) => {
    for (let round = 0; round < rounds; round++) {
      for (const replica of department.replicas) {
        await during.more(ANSWERS);
        await replica.service.end(signal);
        if (signal === 'SIGKILL') await during.more(ANSWERS);
        await replica.restart();
      }
    }
    await during.more(ANSWERS);
    await during.end();
    return during.seen;
  };
  const rolling = await restart('SIGTERM', load(false));
  const killed = await restart('SIGKILL', load(true));
  await department.stop();
  const describe = ({ failed, answered }: Load['seen']) =>
    `${failed} of ${failed + answered} failed; ${rounds * REPLICAS} replicas`;
  return [
    {
      what: `rolling restart of ${REPLICAS} replicas by SIGTERM, ${CLIENTS} clients, no keys`,
      toReach: 'no failed request',
      measured: describe(rolling),
      met: rolling.failed === 0,
    },
    {
      what: `kill -9 of one replica of ${REPLICAS}, ${CLIENTS} clients with Idempotency-Key`,
      toReach: 'no failed request',
      measured: describe(killed),
      met: killed.failed === 0,
    },
  ];
}
