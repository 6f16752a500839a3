import { expect } from 'vitest';
import type { TrainReport } from '../../../src/datasets/train-request.js';
import { testWith } from '../../support/capabilities.js';
import { redisServer, startRedis } from '../../support/redis.js';
import { temporaryFolder } from '../../support/store.js';
import { constantModelFolder } from '../../support/test-service.js';
import { postJson } from '../../support/training.js';
import {
  events,
  firstEpoch,
  ingestSmall,
  postJob,
  readReport,
  startTrainingService,
} from '../../support/training-service.js';
import { startWorker } from '../../support/worker.js';

const test = testWith(redisServer());

test('a training of a killed worker is continued by another, and each service serves the model', async () => {
  const { url: REDIS_URL } = await startRedis();
  const places = { DATA_DIR: await temporaryFolder(), MODELS_DIR: await constantModelFolder() };
  const shared = { REDIS_URL, ...places };
  const [first, second] = await Promise.all(
    [0, 1].map(() => startTrainingService({ MODELS_POLL: '1', ...shared })),
  );
  const { send } = first!;
  // This one runs jobs of models only.
  const other = await startWorker(shared);
  const lost = await startWorker({ ALLOW_TRAINING: '1', ...shared });
  const { dataset } = await ingestSmall(send);
  const place = `/v1/datasets/${dataset}/train`;
  const id = await postJob(send, place, { name: 'mine', recipe: 'rf_cnn', epochs: 12 });
  await firstEpoch(second!.send, id);
  await lost.kill();
  await startWorker({ ALLOW_TRAINING: '1', ...shared });
  expect(await events(second!.send, id)).toContain('"succeeded"');
  const { model, curves } = await readReport<TrainReport>(second!.send, id);
  expect([model, curves[0]!.CORR.length]).toMatchObject([{ name: 'mine', version: 1 }, 12]);
  for (const service of [first!, second!]) {
    await expect
      .poll(async () => (await service.send('/v1/models/mine')).status, { timeout: 10_000 })
      .toBe(200);
  }
  expect((await postJson(send, place, { name: 'mine', recipe: 'unknown' })).status).toBe(422);
  expect(await other.kill('SIGTERM')).toEqual([0, null]);
});
