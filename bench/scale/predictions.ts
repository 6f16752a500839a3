import path from 'node:path';
import { type DuringJob, measureDuringJob } from '../during-job.js';
import { startService } from '../running-service.js';
import type { Row } from '../table.js';
import type { ScaleConfig } from './config.js';
import { startDepartment } from './department.js';

const TURNS = 4;
const DEMO = { model: 'demo', neurons: 16, jobs: [{ kind: 'characterize', neurons: 4 }] };

/** Times predictions during a job: of the service's own worker, and of another one on cores of its own. */
export async function measurePredictions(config: ScaleConfig): Promise<Row[]> {
  const { folder, models, neurons } = config;
  const subjects = [
    DEMO,
    { model: 'site', neurons, jobs: [{ kind: 'characterize', neurons: 1 }] },
  ] satisfies Partial<DuringJob>[];
  const rows: Row[] = [];
  const own = await startService({
    MODELS_DIR: models,
    DATA_DIR: path.join(folder, 'own-worker'),
    CACHE_CAPACITY: '0',
    ENGINE: 'onnx',
  });
  for (const subject of subjects) {
    const where = ', by the worker of the service';
    rows.push(...(await measureDuringJob({ ...subject, url: own.url, where, turns: TURNS })));
  }
  await own.stop();
  const department = await startDepartment({
    ...{ replicas: 1, workers: 1, folder, models },
    ...{ serviceCores: ['0'], workerCores: '1' },
  });
  const { url } = department.replicas[0]!.service;
  for (const subject of subjects) {
    const where = ', by a worker on another core';
    rows.push(...(await measureDuringJob({ ...subject, url, where, turns: TURNS })));
  }
  await department.stop();
  return rows;
}
