import path from 'node:path';
import { measureDuringJob } from '../during-job.js';
import { startService } from '../running-service.js';
import type { Row } from '../table.js';
import type { Config } from './config.js';

/** Times the predictions of models/demo during jobs of the service's own worker. */
export async function measureJobs({ folder, threads }: Config): Promise<Row[]> {
  const service = await startService({
    DATA_DIR: path.join(folder, 'jobs'),
    CACHE_CAPACITY: '0',
    ENGINE: 'onnx',
    THREADS: String(threads),
  });
  const rows = await measureDuringJob({
    url: service.url,
    model: 'demo',
    neurons: 16,
    jobs: [
      { kind: 'characterize', neurons: 2 },
      { kind: 'preferred-stimulus', neurons: 4 },
    ],
    where: '',
    turns: 8,
  });
  await service.stop();
  return rows;
}
