import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { IngestReport } from '../../../src/datasets/ingest-request.js';
import { openTrials } from '../../../src/datasets/trials.js';
import { DiskError, StoreFullError } from '../../../src/errors.js';
import { readModel } from '../../../src/models/saved-model.js';
import { openData } from '../../../training/dataset/open-data.js';
import { writeDataset } from '../../../training/dataset/write-dataset.js';
import type { DataJobContext } from '../../../training/jobs/context.js';
import { openCurves } from '../../../training/jobs/curves.js';
import { runDataJob } from '../../../training/jobs/data-job.js';
import { openFirstModel } from '../../../training/jobs/first-model.js';
import { newDataset, TINY } from '../../support/datasets.js';
import { saveConstantModel } from '../../support/saved-models.js';
import { temporaryFolder } from '../../support/store.js';
import { detailOf } from '../../support/stored-sets.js';
import { createTrainingApp, describe, smallSite } from '../../support/training.js';
import { newTrial } from '../../support/trials.js';

/** An app with two datasets. */
async function open() {
  const { app, folder, training } = await createTrainingApp();
  const send = (place: string, init?: RequestInit) => app.request(place, init);
  const stored = async (arrays: typeof TINY) => {
    const { digest } = await writeDataset(
      path.join(folder, `new-${arrays.neurons}-${arrays.size.white}`),
      newDataset(arrays),
    );
    await writeDataset(training.datasets.place(digest), newDataset(arrays));
    return digest;
  };
  const kept = await stored(TINY);
  const damaged = await stored({ ...TINY, size: { ...TINY.size, white: 65534 } });
  const { datasets } = training;
  return { send, folder, kept, place: datasets.place(damaged), damaged, datasets };
}

test.each(['{', '{}'])(
  'a dataset with the card %s is damaged; the other ones are listed, and it can be deleted',
  async (card) => {
    const { send, place, kept, damaged } = await open();
    await writeFile(path.join(place, 'dataset.json'), card);
    expect(await detailOf(send(`/v1/datasets/${damaged}`))).toBe(
      `503 the card of the dataset ${damaged} is damaged and not served; upload it again`,
    );
    const list = await (await send('/v1/datasets')).json();
    expect(list).toMatchObject({ datasets: [{ digest: kept }] });
    const remove = () => send(`/v1/datasets/${damaged}`, { method: 'DELETE' });
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 404]);
  },
);

test('a stored dataset has the times that were measured on the machine that trains', async () => {
  const { send, kept, datasets } = await open();
  const times = async () => {
    const answer = await send(`/v1/datasets/${kept}`);
    return ((await answer.json()) as { expectedSeconds: unknown }).expectedSeconds;
  };
  expect(await times()).toBeNull();
  await datasets.keepTimes(kept, { machine: 'this one', seconds: { rf_cnn: 35.3 } });
  expect(await times()).toEqual({ rf_cnn: 35.3 });
  await datasets.keepTimes(kept, { machine: 'another', seconds: { rf_cnn: 7 } });
  expect(await times()).toBeNull();
  expect(await datasets.expectedSeconds(kept, undefined)).toEqual({ rf_cnn: 7 });
  const file = path.join(datasets.place(kept), 'expected-times.json');
  for (const damaged of ['{', '{}', ' '.repeat(2 ** 17)]) {
    await writeFile(file, damaged);
    expect(await times()).toBeNull();
  }
});

test('the times of a dataset that was deleted meanwhile make no folder', async () => {
  const { send, folder, kept, damaged, datasets } = await open();
  expect((await send(`/v1/datasets/${damaged}`, { method: 'DELETE' })).status).toBe(204);
  await datasets.keepTimes(damaged, { machine: 'this one', seconds: {} });
  expect(await readdir(path.join(folder, 'datasets'))).toEqual([kept]);
});

test('trials that come while their dataset is deleted make no folder', async () => {
  const { send, folder, place, damaged, kept } = await open();
  const log = await openTrials(place);
  expect((await send(`/v1/datasets/${damaged}`, { method: 'DELETE' })).status).toBe(204);
  const pixels = Float32Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5);
  const trial = newTrial('a', { height: 3, width: 2, channels: 1, pixels }, [1, 2]);
  await expect(log.append([trial])).rejects.toThrow(DiskError);
  expect(await readdir(path.join(folder, 'datasets'))).toEqual([kept]);
});

test('the same recording again mends a dataset that is damaged, and keeps its trials', async () => {
  const folder = await temporaryFolder();
  const recording = await temporaryFolder();
  const files = await smallSite(recording);
  const datasetFolder = (digest: string) => path.join(folder, 'datasets', digest);
  let most = 0;
  const kept: unknown[] = [];
  const context: DataJobContext = {
    openRecording: async () => ({
      place: recording,
      files: describe(files).files.map((file) => ({
        ...file,
        path: path.join(recording, file.name),
      })),
    }),
    checkRoom: async (bytes) => {
      if (bytes > most) throw new StoreFullError(`too many bytes: ${bytes}`);
    },
    datasetFolder,
    keepTimes: async (digest, seconds) => {
      kept.push({ digest, seconds });
    },
    openModel: () => Promise.reject(new Error('no model')),
    work: path.join(folder, 'work'),
    models: { lastVersion: () => Promise.reject(new Error('no models')) },
    publish: async () => undefined,
    onProgress: () => undefined,
    log: () => undefined,
  };
  await expect(runDataJob({ kind: 'ingest', data: '', request: {} }, context)).rejects.toThrow(
    StoreFullError,
  );
  most = 2 ** 20;
  const ingest = async (request = {}) => {
    const [report] = await runDataJob({ kind: 'ingest', data: '', request }, context);
    return IngestReport.parse(JSON.parse(Buffer.from(report!.bytes).toString()));
  };
  const { dataset, expectedSeconds } = await ingest();
  expect(kept).toEqual([{ digest: dataset, seconds: expectedSeconds }]);
  // Without the times the dataset is the same.
  expect(await ingest({ timeRecipes: false })).toMatchObject({ dataset, expectedSeconds: null });
  expect(kept).toHaveLength(1);
  const place = datasetFolder(dataset);
  await writeFile(path.join(place, 'images.npy'), 'x');
  await mkdir(path.join(place, 'trials'));
  await rm(path.join(place, 'dataset.json'));
  most = 0; // It takes the place of the same one, which needs no room.
  expect((await ingest()).dataset).toBe(dataset);
  const { site } = await openData({ data: place, withoutTrials: true }, {});
  await site.close();
  expect((await readdir(place)).toSorted()).toContain('trials');
});

test('a training goes on where its curves are damaged', async () => {
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'curves.json'), '{');
  expect((await openCurves(folder)).current).toEqual({ position: '', curves: [] });
});

test('a training that goes on begins with the version that was the latest when it began', async () => {
  const folder = await temporaryFolder();
  await saveConstantModel(folder, 'mine');
  const asked: (number | undefined)[] = [];
  const context = {
    work: path.join(folder, 'work'),
    async openModel({ version }: { readonly version?: number | undefined }) {
      asked.push(version);
      return await readModel(path.join(folder, 'mine', '1'));
    },
  };
  for (const _ of [1, 2]) await openFirstModel({ name: 'mine' }, context);
  expect(asked).toEqual([undefined, 1]);
});
