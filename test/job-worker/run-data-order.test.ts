import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { DiskError, InputError } from '../../src/errors.js';
import { type DataOrderParts, runDataOrder } from '../../src/job-worker/run-data-order.js';
import { withoutFolders } from '../../src/job-worker/without-folders.js';
import { createFolderSource } from '../../src/models/folder-source.js';
import { createRecordings } from '../../src/storage/recordings.js';
import { saveConstantModel } from '../support/saved-models.js';
import { temporaryFolder } from '../support/store.js';
import { describe } from '../support/training.js';

const FOLDERS = { '/d/jobs/1.work': 'the archive', '/d/recordings': 'the recording' };
const DIGEST = 'e'.repeat(64);

test.each([
  [`unknown kind of file: /d/recordings/${DIGEST}/files/a.nwb; expected`, 'a.nwb; expected'],
  [`/d/recordings/${DIGEST}/files: no images`, 'the recording: no images'],
  ['in /d/jobs/1.work/unpacked-Mw2UUp/in/a.csv', 'in in/a.csv'],
  ['/d/jobs/1.work/unpacked-Mw2UUp: not a .npy file', 'the archive: not a .npy file'],
  ['/stimulus/templates of /d/recordings/x', '/stimulus/templates of x'],
])('of %j, a client sees no folder of the service', (message, expected) => {
  const error = withoutFolders(new InputError(message), FOLDERS);
  expect((error as Error).message).toContain(expected);
  expect((error as Error).message).not.toContain('/d/');
});

/** What a job of data runs with, and the recording of a text. */
async function open() {
  const folder = await temporaryFolder();
  const at = (name: string) => path.join(folder, name);
  const recordings = createRecordings({
    folder: at('recordings'),
    room: { capacity: 2 ** 20, check: async () => undefined, checkOften: async () => undefined },
    now: () => 0,
  });
  const files = { 'a.nwb': Buffer.from('no recording') };
  const { recording } = await recordings.create(describe(files).files);
  await recordings.append(recording, 0, 0, Readable.from([files['a.nwb']]));
  const parts: Omit<DataOrderParts, 'jobs'> = {
    options: {
      models: at('models'),
      recordingsCapacity: 2 ** 30,
      recordings: at('recordings'),
      datasets: at('datasets'),
      storage: { endpoint: undefined, region: undefined, cache: at('cache'), cacheCapacity: 0 },
    },
    models: createFolderSource(at('models')),
    onProgress: () => undefined,
    log: () => undefined,
  };
  const ingest = (work = at('a.work')) =>
    runDataOrder(
      {
        ...{ id: 'a', created: '2026-01-01T00:00:00.000Z' },
        order: {
          ...{ kind: 'ingest', model: null, data: recording.digest, request: {} },
          ...{ stimulusSets: [], askedBy: null },
        },
      },
      { ...parts, jobs: { workFolder: () => work } },
    );
  return { folder, at, ingest, parts };
}

test('a file that is no recording is named without its folder', async () => {
  const { ingest, folder } = await open();
  const error = await ingest().catch(String);
  expect(error).toContain('unknown kind of file: a.nwb; expected');
  expect(error).not.toContain(folder);
});

test('a disk that fails is reported as such', async () => {
  const { ingest, at } = await open();
  await writeFile(at('blocked'), '');
  const failed = await ingest(at('blocked/a.work')).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(DiskError);
});

test('a model that a training is to begin with, and that is not there, is named', async () => {
  const { parts, at } = await open();
  await saveConstantModel(at('models'), 'tiny');
  const train = (from: object) =>
    runDataOrder(
      {
        ...{ id: 'a', created: '2026-01-01T00:00:00.000Z' },
        order: {
          ...{ kind: 'train', model: null, data: DIGEST, request: { name: 'new', from } },
          ...{ stimulusSets: [], askedBy: null },
        },
      },
      { ...parts, jobs: { workFolder: () => at('a.work') } },
    );
  const expected = 'expected one that GET /v1/models lists';
  await expect(train({ name: 'tiny', version: 9 })).rejects.toThrow(
    `unknown model: tiny/9; ${expected}`,
  );
  await expect(train({ name: 'none' })).rejects.toThrow(`unknown model: none; ${expected}`);
});
