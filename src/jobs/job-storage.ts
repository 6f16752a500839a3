import type { Logger } from 'pino';
import { InputError, ResultDamagedError } from '../errors.js';
import { sha256 } from '../files/whole-file.js';
import type { ObjectStore } from '../objects/object-store.js';
import { openObjects, type StorageSettings } from '../objects/open-objects.js';
import { isInS3 } from '../objects/s3-place.js';
import { inStorage } from '../objects/storage-fault.js';
import {
  createPartReader,
  dropJobFiles,
  dropSavedSteps,
  type JobFiles,
  type ResultFile,
  writeResult,
} from './job-files.js';
import { placesIn } from './job-folder.js';
import { type Part, PartName } from './record.js';
import { openStepLog, openStepObjects, type StepLog } from './step-log.js';

/** What jobs have besides their records, where services and workers share it. */
export interface JobStorage {
  readonly readPart: JobFiles['readPart'];
  /**
   * Writes the files of a result. It counts only once the record that names it has been saved.
   * @throws DiskError or StorageError
   */
  writeResult(id: string, files: readonly ResultFile[]): Promise<Part[]>;
  /**
   * Opens the steps that are done.
   * @param origin what computes which job: the same text for the same values of the steps
   * @throws DiskError or StorageError
   */
  openSteps(id: string, origin: string): Promise<StepLog>;
  /**
   * Where a job may keep files of its own until it is over; the folder need not be there.
   * @throws InputError where the storage is in S3
   */
  workFolder(id: string): string;
  /** Deletes the saved steps of a job that is over. @throws DiskError or StorageError */
  dropSteps(id: string): Promise<void>;
  /** Deletes the result and the saved steps of a job. @throws DiskError or StorageError */
  drop(id: string): Promise<void>;
}

/**
 * Opens the storage of jobs.
 * @param place the folder of all jobs, or their place in S3
 */
export async function openJobStorage(
  place: string,
  settings: StorageSettings,
  logger: Pick<Logger, 'warn'>,
): Promise<JobStorage> {
  if (!isInS3(place)) return createJobFolder(place);
  return createJobObjects(await openObjects(place, 'DATA_DIR', settings, logger));
}

export function createJobFolder(folder: string): JobStorage {
  return {
    readPart: createPartReader(folder),
    writeResult: (id, files) => writeResult(folder, id, files),
    openSteps: (id, origin) => openStepLog(folder, id, origin),
    workFolder: (id) => placesIn(folder).work(id),
    dropSteps: (id) => dropSavedSteps(folder, id),
    drop: (id) => dropJobFiles(folder, id),
  };
}

/** Keeps results below `{id}/`, and each step as an object below `{id}.steps/`. */
export function createJobObjects(objects: ObjectStore): JobStorage {
  const steps = (id: string) => objects.within(`${id}.steps`);
  return {
    readPart: (id, part) =>
      inStorage(`${part.name} cannot be read`, async () => {
        const found = await objects
          .read(`${id}/${part.name}`, part.bytes)
          .catch((cause: unknown) => {
            if (!(cause instanceof InputError)) throw cause;
            throw new ResultDamagedError(`${part.name} of job ${id} is damaged`, { cause });
          });
        if (found === undefined) {
          throw new ResultDamagedError(`${part.name} of job ${id} cannot be read`);
        }
        if (sha256(found.content) === part.sha256) return new Uint8Array(found.content);
        throw new ResultDamagedError(`${part.name} of job ${id} is damaged`);
      }),
    writeResult: (id, files) =>
      inStorage('the result cannot be saved', async () => {
        const parts: Part[] = [];
        for (const { name, bytes } of files) {
          await objects.put(`${id}/${PartName.parse(name)}`, bytes);
          parts.push({ name, bytes: bytes.length, sha256: sha256(bytes) });
        }
        return parts;
      }),
    openSteps: (id, origin) => openStepObjects(steps(id), id, origin),
    workFolder() {
      throw new InputError(
        `jobs of data need a folder: DATA_DIR is ${objects.place}; expected a path`,
      );
    },
    dropSteps: (id) => inStorage('the steps cannot be deleted', () => removeAll(steps(id))),
    drop: (id) =>
      inStorage('the result cannot be deleted', async () => {
        await removeAll(objects.within(id));
        await removeAll(steps(id));
      }),
  };
}

async function removeAll(objects: ObjectStore): Promise<void> {
  for await (const { key } of objects.list()) await objects.remove(key);
}
