import path from 'node:path';
import { InputError } from '../errors.js';
import { onDisk } from '../files/disk-error.js';
import type { ResultFile } from '../jobs/job-files.js';
import type { RunnableJob } from '../jobs/job-runner.js';
import type { JobStorage } from '../jobs/job-storage.js';
import { findVersion } from '../models/find-version.js';
import type { ModelSource } from '../models/model-source.js';
import { openModelPlace } from '../models/publish-next.js';
import { readModel } from '../models/saved-model.js';
import type { StorageSettings } from '../objects/open-objects.js';
import { createDataRoom } from '../storage/data-room.js';
import { createDatasets } from '../storage/datasets.js';
import { openRecordings } from '../storage/recordings.js';
import { describeMachine } from './machine.js';
import type { RunContext } from './run-order.js';
import { withoutFolders } from './without-folders.js';

/** What a job of data runs with. */
export interface DataOrderParts extends Pick<RunContext, 'onProgress'> {
  readonly options: {
    /** MODELS_DIR: a folder, or a place in S3. */
    readonly models: string;
    /** Folders. */
    readonly recordings: string;
    readonly datasets: string;
    readonly recordingsCapacity: number;
    readonly storage: StorageSettings;
  };
  readonly models: ModelSource;
  readonly jobs: Pick<JobStorage, 'workFolder'>;
  readonly log: (line: string) => void;
}

/**
 * Makes a dataset of a recording, or a model of a dataset.
 * @throws InputError where data cannot be used; DiskError
 */
export async function runDataOrder(
  { id, order }: RunnableJob,
  { options, models, jobs, onProgress, log }: DataOrderParts,
): Promise<readonly ResultFile[]> {
  const { kind, data, request } = order;
  if (data === null) throw new InputError('the job names no data; expected a digest');
  const recordings = openRecordings(options.recordings);
  const datasets = createDatasets(options.datasets);
  const room = createDataRoom(recordings, datasets, options.recordingsCapacity);
  // Only here, so that a process that runs no such job loads nothing of the training.
  const { runDataJob } = await import('../../training/jobs/data-job.js');
  const work = jobs.workFolder(id);
  const folders = {
    [work]: 'the archive',
    [options.recordings]: 'the recording',
    [options.datasets]: 'the dataset',
    [options.models]: 'the models',
  };
  const running = runDataJob(
    { kind, data, request },
    {
      async openRecording(digest) {
        const recording = await recordings.find(digest);
        if (!recording?.complete) {
          throw new InputError(`unknown recording: ${digest}; expected one that is whole`);
        }
        const place = recordings.place(recording);
        const folder = recording.files.length === 1 ? path.dirname(place) : place;
        const files = recording.files.map((file) => ({
          ...file,
          path: path.join(folder, file.name),
        }));
        return { place, files };
      },
      checkRoom: room.check,
      datasetFolder: datasets.place,
      keepTimes: (digest, seconds) =>
        datasets.keepTimes(digest, { machine: describeMachine(), seconds }),
      async openModel(asked) {
        const found = await findVersion(models, asked);
        return await readModel(await models.localFolder(found, found.digest));
      },
      work,
      ...openModelPlace(options.models, options.storage, models),
      onProgress,
      log,
    },
  );
  return await onDisk(`the job cannot ${kind}`, () => running).catch((error: unknown) => {
    throw withoutFolders(error, folders);
  });
}
